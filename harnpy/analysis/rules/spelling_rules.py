"""Spellings of newer Harn releases and of other languages that parse here and mean something else, or nothing."""

from __future__ import annotations

from harnpy.analysis.rules.model import Rule

CONST = Rule(
    "const-declaration",
    "warning",
    "`{word}` is no keyword here",
    """Constants are declared with `let`, which cannot be assigned again; `var` is for what changes.

`const x = 1` parses, but as two statements: the name `const`, which nothing declares, and an assignment to `x`.

```harn
const limit = 3     // reported
let limit = 3       // write this
```""",
    "declare it with `let`",
)
OPERATOR_WORD = Rule(
    "operator-word",
    "warning",
    "`{word}` is no operator here: what stands behind it is a statement of its own",
    """Statements need nothing between them, so `let ok = a and b` is `let ok = a`, then the name `and`, then `b`.

```harn
let ok = a and b    // reported
let ok = a && b     // write this
```""",
    "write `{instead}`",
)
STATEMENT_WORD = Rule(
    "statement-word",
    "warning",
    "`{word}` is no keyword here: what stands behind it is a statement of its own",
    """A word that other languages put before an expression or a declaration is a name here, and a statement by itself.

```harn
raise "no such user"    // reported
throw "no such user"    // write this

let x = await work()    // reported: x is the builtin `await`
let x = await(work())   // write this
```""",
    "{instead}",
)
CALL_WITHOUT_PARENTHESES = Rule(
    "call-without-parentheses",
    "warning",
    "`{name}` is not called here: a call needs parentheses",
    """`print "x"` is two statements: the name of a function, and a string.

```harn
print "hello"       // reported
print("hello")      // write this
```""",
    "write `{name}(...)`",
)
MACRO_CALL = Rule(
    "macro-call",
    "warning",
    "`{name}!` is no call here: `!` begins a statement of its own",
    """There are no macros. `println!("x")` is the name `println` and then `!("x")`, which is false.

```harn
println!("hello")   // reported
println("hello")    // write this
```""",
    "write `{instead}`",
)
STRING_PREFIX = Rule(
    "string-prefix",
    "warning",
    "`{prefix}` before a string is a statement of its own",
    """Only `r` stands before a string, which is then taken as it is. Every other string takes values in with `${...}`.

```harn
let s = f"hello {name}"     // reported
let s = "hello ${name}"     // write this
```""",
    'strings take values in without a prefix: "${{x}}"',
)
FOREIGN_NAME = Rule(
    "foreign-name",
    "warning",
    "there is no `{name}` here",
    """A name of another language which nothing in the file declares. Evaluating it is an error at run time.

```harn
let user = null     // reported
let user = nil      // write this
```""",
    "write `{instead}`",
)
FOREIGN_FUNCTION = Rule(
    "foreign-function",
    "warning",
    "there is no function `{name}` here",
    """A function of another language which nothing in the file declares. Calling it is an error at run time.

```harn
let n = parseInt(text)  // reported
let n = to_int(text)    // write this
```""",
    "write `{instead}`",
)
FOREIGN_METHOD = Rule(
    "foreign-method",
    "warning",
    "{owner} no method `{name}`: the call gives nil",
    """An unknown method gives nil, without an error, so a method of another language goes unnoticed for long.

```harn
xs.forEach({ x -> println(x) })     // reported, prints nothing
for x in xs { println(x) }          // write this
```

Only methods that no value of the file can have are reported.""",
    "write `{instead}`",
)
FOREIGN_PROPERTY = Rule(
    "foreign-property",
    "warning",
    "a {kind} has no property `{name}`: it is nil",
    """An unknown property of a list or a string is nil, without an error.

```harn
if xs.length > 0 { }    // reported: nil > 0 is false
if xs.count > 0 { }     // write this
```""",
    "write `{instead}`",
)
HARNESS_CALL = Rule(
    "harness-call",
    "warning",
    "`{name}` belongs to newer releases of Harn",
    """Newer releases hand everything that touches the world to a program as a `harness`; here it is builtins.

```harn
let text = harness.fs.read(path)    // reported
let text = read_file(path)          // write this
```

`harn check --effects FILE` tells what a program may touch, and `harn run --allow` limits it.""",
    "{instead}",
)
HARNESS_MAIN = Rule(
    "harness-main",
    "warning",
    "nothing calls `{name}`: programs that start with a harness belong to newer releases of Harn",
    """`harn run` runs the pipeline `default`, else the first pipeline, else the statements of the file. A function is
not called by itself.

```harn
fn main(harness: Harness) { harness.stdio.println("hello") }    // reported
pipeline main() { println("hello") }                            // write this
```""",
    "write `pipeline {name}() {{ ... }}`",
)
DECREMENT = Rule(
    "decrement",
    "warning",
    "`--` takes the value of the next line away from `{name}`",
    """There is no `--`: it is two minus signs, whose operand may stand on the next line. Write `i -= 1`.

```harn
i--             // reported: takes what println gives away from i
println(i)
```""",
    "write `{name} -= 1`",
)
FLOOR_DIVISION = Rule(
    "floor-division",
    "warning",
    "`//` begins a comment: nothing is assigned to `{name}`",
    """`//=` is no operator, since `//` begins a comment. Dividing ints gives an int.

```harn
n //= 2         // reported
n = n / 2       // write this
```""",
    "write `{name} = {name} / ...`",
)
RULES = (
    CONST,
    OPERATOR_WORD,
    STATEMENT_WORD,
    CALL_WITHOUT_PARENTHESES,
    MACRO_CALL,
    STRING_PREFIX,
    FOREIGN_NAME,
    FOREIGN_FUNCTION,
    FOREIGN_METHOD,
    FOREIGN_PROPERTY,
    HARNESS_CALL,
    HARNESS_MAIN,
    DECREMENT,
    FLOOR_DIVISION,
)
