"""What `harn explain` says about words that no declaration describes: keywords, global variables, codes, effects."""

from __future__ import annotations

# Keyword -> what it is for, and an example that parses.
KEYWORDS: dict[str, tuple[str, str]] = {
    "break": ("Leaves the innermost loop.", "while true { break }"),
    "catch": (
        "The part of `try` that runs when the body throws; its name is bound to what was thrown.",
        'try { throw "no" } catch (e) { println(e) }',
    ),
    "continue": ("Goes on with the next round of the innermost loop.", "for n in [1, 2] { if n == 1 { continue } }"),
    "deadline": (
        "Runs a block and throws `Deadline exceeded` if it takes longer than a duration.",
        "deadline 5s { sleep(1s) }",
    ),
    "defer": (
        "Runs a block when the function ends, however it ends; of several the last one first.",
        'fn work() { defer { println("done") } }',
    ),
    "else": (
        "The branch of `if` for a falsy condition, and the way out of `guard`.",
        "if false { } else { println(1) }",
    ),
    "enum": ("Declares a type whose values are one of several variants.", "enum Shape { Circle(radius), Point }"),
    "exclusive": ("Makes a range stop before its upper end.", "for n in 1 to 3 exclusive { println(n) }"),
    "extends": (
        "Lets a pipeline run the body of another one first.",
        "pipeline base(task) { }\npipeline more(task) extends base { }",
    ),
    "false": ("The bool that is not true.", "let done = false"),
    "finally": ("The part of `try` that runs in the end, whatever happened.", "try { work() } finally { println(1) }"),
    "fn": ("Declares a function; without a name, a closure.", "fn add(a: int, b: int) -> int { return a + b }"),
    "for": (
        "Runs a block for every item of a list, dict, set, string, range or iterator.",
        "for item in [1, 2] { println(item) }",
    ),
    "from": (
        "Stands before the path of an import, and before the channel in a case of `select`.",
        'import { clamp } from "std/math"',
    ),
    "guard": (
        "Goes on only if a condition holds; the block behind `else` has to leave.",
        "fn half(n) { guard n % 2 == 0 else { return nil }\n return n / 2 }",
    ),
    "if": (
        "Runs a block if a condition is truthy. As an expression it has the value of its last statement.",
        'let size = if 3 > 2 { "big" } else { "small" }',
    ),
    "impl": (
        "Adds methods to a struct; `self` is the value they are called on.",
        "struct P { x: int }\nimpl P { fn twice(self) { return self.x * 2 } }",
    ),
    "import": ("Brings functions of another file or of a `std/` module.", 'import { clamp } from "std/math"'),
    "in": (
        "Stands before what `for` goes through; as an operator, whether a collection has an item.",
        'println("a" in ["a", "b"])',
    ),
    "interface": (
        "Declares which methods a value must have; any struct that has them fits.",
        "interface Named { fn name(self) -> string }",
    ),
    "let": ("Binds a name that cannot be assigned again. Patterns take values apart.", "let {a, b} = {a: 1, b: 2}"),
    "match": (
        "Chooses an arm by the form of a value; the value of the arm is that of the whole.",
        'println(match 2 { 1 -> { "one" } _ -> { "many" } })',
    ),
    "mutex": ("Runs a block that no other task may enter meanwhile.", "mutex { println(1) }"),
    "nil": ("The value that stands for nothing; it is falsy.", "let missing = nil"),
    "override": (
        "Replaces a step of the pipeline that this one extends.",
        "pipeline base(task) { }\npipeline mine(task) extends base { override step() { } }",
    ),
    "parallel": (
        "Runs a block for several items, or several times, at once and waits for all; its value is the list of results.",
        "parallel each [1, 2] { n -> n * 10 }",
    ),
    "pipeline": (
        "Declares an entry of a program: `default` is what `harn run` starts, `test_*` are tests.",
        "pipeline default(task) { println(task) }",
    ),
    "pub": ("Makes a declaration part of what a wildcard import brings.", "pub fn greet() { }"),
    "require": ("Throws unless a condition holds.", 'require 2 > 1, "arithmetic is broken"'),
    "retry": ("Runs a block again when it throws, so many times at most.", "retry 3 { risky() }"),
    "return": ("Ends a function with a value, nil without one.", "fn answer() { return 42 }"),
    "select": (
        "Waits for the first of several channels that has a value.",
        "select { value from results { println(value) } timeout 1s { } }",
    ),
    "spawn": ("Starts a task that runs beside this one; `await` gives its value.", "await(spawn { 6 * 7 })"),
    "struct": ("Declares a type with named fields.", "struct Point { x: int, y: int }"),
    "throw": ("Throws a value, which the nearest `catch` gets.", 'throw "no such user"'),
    "to": ("Makes a range from one int to another, both included.", "for n in 1 to 3 { println(n) }"),
    "tool": (
        "Declares a tool for models: a name, described and typed parameters, a body.",
        'tool double(n: int) -> int {\n description "Twice n"\n n * 2\n}',
    ),
    "true": ("The bool that is not false.", "let done = true"),
    "try": (
        "Runs a block and catches what it throws; without `catch` its value is a Result.",
        "let outcome = try { risky() }",
    ),
    "type": ("Names a type.", "type Id = string | int"),
    "var": ("Binds a name that can be assigned again.", "var count = 0\ncount += 1"),
    "while": ("Runs a block as long as a condition is truthy.", "while false { }"),
    "yield": (
        "Hands out the next value of a generator and waits until it is asked for another.",
        "fn numbers() { yield 1\n yield 2 }",
    ),
}

# Global variable -> what it holds, and an example that parses.
GLOBALS: dict[str, tuple[str, str]] = {
    "argv": (
        "The arguments of the program, a list of strings: what follows `--` in `harn run FILE -- ARG...`.\n"
        "`harn run` and `harn bench` set it, tests have none.",
        'println("Hello, ${argv[0] ?? "world"}!")',
    ),
    "e": ("Euler's number, 2.718281828459045.", "println(e ** 2)"),
    "pi": ("The ratio of a circle's circumference to its diameter, 3.141592653589793.", "println(2 * pi)"),
}

# Families of diagnostics -> what is common to them.
FAMILIES: dict[str, str] = {
    "preflight": "The program names something that is not there: an imported file, a template, a directory, a host\n"
    "operation. `--preflight warning` or `off` softens these; `[check]` in harn.toml does so for a project.\n"
    "`harn explain --list` names all diagnostics of this family.",
}

# Effects that builtins declare -> what they do to, or learn from, the world.
EFFECTS: dict[str, str] = {
    "clock": "reads the clock",
    "env": "reads environment variables",
    "fs.read": "reads files",
    "fs.write": "writes files",
    "host": "asks the host",
    "input": "reads standard input",
    "llm": "calls models",
    "net": "uses the network",
    "output": "prints",
    "process": "starts processes",
    "python": "imports Python modules and runs their functions in threads",
    "random": "draws random numbers",
    "schedule": "depends on other tasks",
    "time": "waits",
}
