"""The rules of the linter (chapter 10 part A): their words, and what `harn explain` says about each.

A rule of the chapter that has several texts is several Rules with one code and one documentation.
"""

from __future__ import annotations

from harnpy.analysis.rules.model import Rule


def _rule(code: str, message: str, help: str, documentation: str, severity: str = "warning") -> Rule:
    return Rule(code, severity, message, documentation, help, f"lint[{code}]")


# --- names ------------------------------------------------------------------------------------------------------------

UNUSED_VARIABLE = _rule(
    "unused-variable",
    "variable `{name}` is declared but never used",
    "prefix with underscore: `_{name}`",
    """A name bound by `let` or `var` is never read anywhere in the file. Often it is a misspelling, or left over from an earlier version.

```harn
let total = add(1, 2)      // reported: nobody reads `total`
let _total = add(1, 2)     // the underscore says that this is meant
```

Names are compared in the whole file, not scope by scope: one use of `x` counts for every `x`. `harn lint --fix` adds the underscore.""",
)

UNUSED_PARAMETER = _rule(
    "unused-parameter",
    "parameter `{name}` is declared but never used",
    "prefix with underscore: `_{name}`",
    """A parameter of a function, tool, method or closure is never read. Names that begin with `_` are exempt. As everywhere, one use of the name
in the file is enough: `self` is reported only where no method uses it.

```harn
fn area(width, height, depth) { return width * height }    // reported: `depth`
fn area(width, height, _depth) { return width * height }   // callers pass it, and it is ignored on purpose
```""",
)

UNUSED_IMPORT = _rule(
    "unused-import",
    "imported name `{name}` is never used",
    "remove `{name}` from the import",
    """A name is imported and never used in the file.

```harn
import { clamp, lerp } from "std/math"    // reported: `lerp`
log(clamp(7, 0, 5))
```

`harn lint --fix` takes the name out of the import, or removes the import if none of its names is used.""",
)

MUTABLE_NEVER_REASSIGNED = _rule(
    "mutable-never-reassigned",
    "variable `{name}` is declared as `var` but never reassigned",
    "use `let` instead of `var`",
    """A `var` that never gets another value promises readers a change that does not come.

```harn
var limit = 10     // reported: nothing assigns to `limit`
let bound = 10     // says that it stays
```

Assignments to parts (`limit.low = 1`, `limit[0] = 1`) count. `harn lint --fix` writes `let`, but for a `var` that takes
the place of another variable of its scope, which `let` could not: of the two, one can go, or have a name of its own.""",
)

UNUSED_FUNCTION = _rule(
    "unused-function",
    "function `{name}` is declared but never used",
    "remove the function or prefix with underscore: `_{name}`",
    """A `fn` or `tool` is not `pub` and nothing in the file names it. Not reported: methods, names that begin with `_`, and functions
that another file among those being linted imports by name.

```harn
fn helper() { return 1 }    // reported, if nobody calls it
pub fn api() { return 1 }   // exported, hence used
```""",
)

UNUSED_TYPE = _rule(
    "unused-type",
    "{kind} `{name}` is declared but never referenced",
    "remove the unused {kind} or reference `{name}` from a signature or constructor",
    """A struct, enum or interface is not named by any annotation, constructor, `impl` or expression. Not reported: aliases, and names that begin
with `_`. Neither `pub` nor an import makes a use: of a file, only functions can be imported.

```harn
struct Point { x: int, y: int }    // reported: nothing names it
struct Place { x: int, y: int }
fn origin() -> Place { return Place {x: 0, y: 0} }
```""",
)

_UNDEFINED_FUNCTION = """A call names something that is neither a builtin nor declared in the file nor imported. It would fail when the call is reached.

```harn
asert(ready)    // reported: did you mean `assert`?
assert(ready)
```

Nothing is reported in a file that imports all of a module (`import "lib/tools"`), since that may bring any name. Names that begin with `__` are exempt."""

UNDEFINED_FUNCTION = _rule(
    "undefined-function",
    "function `{name}` is not defined",
    "check the spelling or import `{name}`",
    _UNDEFINED_FUNCTION,
)
MISSPELT_FUNCTION = _rule(
    "undefined-function", "function `{name}` is not defined", "did you mean `{close}`?", _UNDEFINED_FUNCTION
)

_SHADOW_VARIABLE = """A name is bound where the same name is visible already.

```harn
let n = 1
let n = 2                          // reported: the second `let` fails when the program runs
fn twice(n) { return n * 2 }       // reported: which `n` is meant takes a second look
fn twice(value) { return value * 2 }
```

`var` may take the place of a variable of its own scope. Names of functions do not count."""

REDECLARED_VARIABLE = _rule(
    "shadow-variable",
    "cannot redeclare immutable variable `{name}` in the same scope",
    "use `var {name}` for a mutable binding, or choose a different name",
    _SHADOW_VARIABLE,
)
SHADOW_VARIABLE = _rule(
    "shadow-variable",
    "variable `{name}` shadows a variable in an outer scope",
    "consider renaming to avoid shadowing `{name}`",
    _SHADOW_VARIABLE,
)

# --- flow -------------------------------------------------------------------------------------------------------------

UNREACHABLE_CODE = _rule(
    "unreachable-code",
    "unreachable code after return or throw",
    "remove the unreachable code",
    """A statement follows one that always leaves the block: `return`, `throw`, `break`, `continue`, or an `if` and `else` that both leave.

```harn
fn first(xs) {
  return xs[0]
  log("done")    // reported: never runs
}
```

Reported once a block; the rest of the block is not looked at.""",
)

BREAK_OUTSIDE_LOOP = _rule(
    "break-outside-loop",
    "`{keyword}` used outside of a loop",
    "`{keyword}` can only be used inside for or while loops",
    """`break` or `continue` stands in no `for` or `while` of the same function, closure or task. Such a program does not compile. `retry` is no loop.

```harn
xs.each({ x -> break })                    // an error: the closure is a function of its own
for x in xs { if x == nil { break } }
```""",
    "error",
)

_EMPTY_BLOCK = """A statement has nothing to do.

```harn
if ready { }                     // reported
for x in xs { }                  // reported
if !ready { log("waiting") }
```

`harn lint --fix` removes an `if` without `else` and a `for` whose condition or iterable calls nothing, unless a comment would get lost."""

EMPTY_IF = _rule("empty-block", "if block has an empty body", "remove the empty if or add a body", _EMPTY_BLOCK)
EMPTY_FOR = _rule("empty-block", "for loop has an empty body", "remove the empty for loop or add a body", _EMPTY_BLOCK)
EMPTY_WHILE = _rule(
    "empty-block", "while loop has an empty body", "remove the empty while loop or add a body", _EMPTY_BLOCK
)
EMPTY_TRY = _rule(
    "empty-block", "try block has an empty body", "remove the empty try/catch or add a body", _EMPTY_BLOCK
)

UNNECESSARY_ELSE_RETURN = _rule(
    "unnecessary-else-return",
    "both if and else branches return — else is unnecessary",
    "remove the else and place its body after the if",
    """Both branches of an `if` end with `return`, so what stands in `else` can as well follow the `if`, one level less deep.

```harn
fn sign(n) {
  if n < 0 { return -1 } else { return 1 }    // reported
}

fn sign(n) {
  if n < 0 { return -1 }
  return 1
}
```

`harn lint --fix` moves the body and leaves its indentation to `harn fmt`.""",
)

DUPLICATE_MATCH_ARM = _rule(
    "duplicate-match-arm",
    "duplicate match arm pattern",
    "remove the duplicate arm",
    """An arm of `match` has the literal or the name of an earlier arm, both without a guard. It never runs.

```harn
match code {
  200 -> { "fine" }
  200 -> { "ok" }      // reported
  _ -> { "other" }
}
```""",
)

# --- expressions ------------------------------------------------------------------------------------------------------

_COMPARISON_TO_BOOL = """A condition is compared with `true` or `false`. The condition itself, or its negation, says the same.

```harn
if ready == true { go() }     // reported; write: if ready { go() }
if ready == false { wait() }  // reported; write: if !ready { wait() }
```

Where a value may be something else than a bool the two differ: `1 == true` is false, but `1` counts as true in a condition. `harn lint --fix`
assumes a bool, except where the other side is a literal, or a part of something that is compared with `false`: what is missing is nil, which
`!` takes for false."""

_DIRECT_HELP = "remove the comparison, use the expression directly"
_NEGATED_HELP = "use `!expr` instead"

EQUALS_TRUE = _rule("comparison-to-bool", "comparison to `true` is redundant", _DIRECT_HELP, _COMPARISON_TO_BOOL)
EQUALS_FALSE = _rule("comparison-to-bool", "comparison to `false` is redundant", _NEGATED_HELP, _COMPARISON_TO_BOOL)
DIFFERS_FROM_TRUE = _rule("comparison-to-bool", "`!= true` is redundant", _NEGATED_HELP, _COMPARISON_TO_BOOL)
DIFFERS_FROM_FALSE = _rule("comparison-to-bool", "`!= false` is redundant", _DIRECT_HELP, _COMPARISON_TO_BOOL)

INVALID_BINARY_OP_LITERAL = _rule(
    "invalid-binary-op-literal",
    "operator '{operator}' used with boolean or nil literal: this fails when the program runs",
    "use to_string() or string interpolation to convert values explicitly",
    """`+ - * / %` have `true`, `false` or `nil` as an operand. Values are never converted by an operator, so the program fails there.

```harn
log("state: " + nil)     // reported
log("state: ${nil}")
```

`harn lint --fix` turns `+` with a plain string into an interpolated one.""",
)

REDUNDANT_NIL_TERNARY = _rule(
    "redundant-nil-ternary",
    "ternary nil check over `{name}` can be replaced with `{name} ?? <fallback>`",
    "use `{name} ?? <fallback>` instead",
    """A ternary that gives a variable unless it is nil is what `??` is for.

```harn
let size = given == nil ? 10 : given    // reported
let size = given ?? 10
```""",
)

EAGER_COLLECTION_CONVERSION = _rule(
    "eager-collection-conversion",
    "expression is an iterator; expected {sink}. Add .to_{sink}() to materialize.",
    "append `.to_{sink}()` to materialize the iterator",
    """A lazy iterator is bound to an annotated variable, or returned from a function, that promises a list, set or dict.

```harn
let squares: list<int> = iter(xs).map({ x -> x * x })            // reported
let squares: list<int> = iter(xs).map({ x -> x * x }).to_list()
```

The method decides: `map`, `filter` and their like make iterators of iterators, but lists of lists; a receiver that is known to be a list or a
dict is not reported.""",
)

# --- safety and tests -------------------------------------------------------------------------------------------------

UNTYPED_DICT_ACCESS = _rule(
    "untyped-dict-access",
    "{access} access on raw `{function}()` result without schema validation",
    "bind the result to a variable, and hold that to a schema by `schema_expect()` or a type annotation, before you take it apart",
    """What comes from outside (parsed text, a model, the network, a host) is taken apart on the spot, without a look at its shape. A field that is
missing is nil then, and the failure shows up somewhere else.

```harn
let name = json_parse(text).name              // reported

let user = schema_expect(json_parse(text), {type: "dict", properties: {name: {type: "string"}}})
let name = user.name
```""",
)

PROMPT_INJECTION_RISK = _rule(
    "prompt-injection-risk",
    "interpolated data in the `llm_call` system prompt can smuggle untrusted instructions",
    "leave the system prompt constant; what changes from call to call belongs in the user prompt or in the options",
    """The system prompt is what a model obeys first. Data that is pasted into it can give orders of its own.

```harn
llm_call(question, "Answer in the style of ${author}.")             // reported
llm_call("Style: ${author}. ${question}", "Answer in the given style.")
```""",
)

ASSERT_OUTSIDE_TEST = _rule(
    "assert-outside-test",
    "`{function}` is intended for test pipelines, not production control flow",
    "use `require` for invariants in non-test code",
    """`assert`, `assert_eq` and `assert_ne` are called outside the body of a test pipeline: one that is called `test` or `test_...`, or that carries `@test`.

```harn
fn withdraw(amount) { assert(amount > 0) }     // reported
fn withdraw(amount) { require amount > 0, "nothing to withdraw" }
```""",
)

REQUIRE_IN_TEST = _rule(
    "require-in-test",
    "`require` in a test pipeline should usually be an assertion",
    "prefer `assert(...)` or `assert_eq(...)` in test pipelines",
    """`require` states what a program relies on. A test states what it expects, and a failed assertion says what there was instead.

```harn
pipeline test_sum(task) {
  require [1, 2].sum() == 3         // reported
  assert_eq([1, 2].sum(), 3)
}
```""",
)

# --- declarations -----------------------------------------------------------------------------------------------------

_NAMING_CONVENTION = """Functions, tools and methods are called in snake_case; structs, enums, interfaces and type aliases in PascalCase.

```harn
fn parseLine(text) { }     // reported: parse_line
struct http_reply { }      // reported: HttpReply
```"""

FUNCTION_NAME = _rule(
    "naming-convention",
    "function `{name}` should use snake_case",
    "rename `{name}` to snake_case (for example `{proposal}`)",
    _NAMING_CONVENTION,
)
TYPE_NAME = _rule(
    "naming-convention",
    "{kind} `{name}` should use PascalCase",
    "rename `{name}` to PascalCase (for example `{proposal}`)",
    _NAMING_CONVENTION,
)

MISSING_HARNDOC = _rule(
    "missing-harndoc",
    "public function `{name}` is missing a `/** */` doc comment",
    "add a `/** ... */` HarnDoc block directly above `pub fn {name}`",
    """A `pub fn` is what other files see; `harn docs` and `harn explain` show the block above it. Attributes may stand between.

```harn
/** The sum of all numbers in xs; 0 for none. */
pub fn total(xs: list<int>) -> int { return xs.sum() }
```""",
)

PIPELINE_RETURN_TYPE = _rule(
    "pipeline-return-type",
    "public pipeline `{name}` has no declared return type: a later release will demand one",
    "declare a return type: `pub pipeline {name}(...) -> TypeExpr {{ ... }}`",
    """A `pub pipeline` tells nobody what it gives. Entry pipelines (`default`, `main`, `auto`) and tests are exempt.

```harn
pub pipeline summarize(text) { }              // reported
pub pipeline summarize(text) -> string { }
```""",
)

CYCLOMATIC_COMPLEXITY = _rule(
    "cyclomatic-complexity",
    "function `{name}` has cyclomatic complexity {score} (> {threshold})",
    "break `{name}` up into helpers; where the branching lies in the matter, mark it `@complexity(allow)`. The threshold is "
    "`[lint].complexity_threshold` in `harn.toml`",
    """The body of a function has too many ways through it. The score is 1, and 1 more for each `if`, `for`, `while`, `retry`, `match`, `guard`,
`try/catch`, ternary, `&&`, `||` and case of a `select`. The arms of a `match` do not count, nor do functions that are declared inside.

`@complexity(allow)` above a declaration exempts it and all that is inside. In `harn.toml`:

```toml
[lint]
complexity_threshold = 30
```""",
)

# --- layout -----------------------------------------------------------------------------------------------------------

BLANK_LINE_BETWEEN_ITEMS = _rule(
    "blank-line-between-items",
    "top-level items should be separated by a blank line",
    "put an empty line above the second item; the comments right above it stay attached",
    """Declarations of a file stand apart by an empty line, above the comments that belong to the second one. Imports are packed.

```harn
fn first() { return 1 }
fn second() { return 2 }     // reported: no empty line above
```

`harn lint --fix` inserts it, and `harn fmt` does so anyway.""",
)

TRAILING_COMMA = _rule(
    "trailing-comma",
    "multiline comma-separated list is missing a trailing comma",
    "add a trailing comma after the last item",
    """The last of several items on lines of their own ends with a comma too, so that an item that is added later changes one line only.

```harn
let point = {
  x: 1,
  y: 2      // reported
}
```""",
)

IMPORT_ORDER = _rule(
    "import-order",
    "imports are not in canonical order (the standard library first, the rest by path)",
    "reorder imports: std/ first, then third-party and local paths alphabetically",
    """The imports at the top of a file are sorted: modules of `std/` first, then by path; of one path, the import of everything first.

```harn
import "std/math"
import { parse } from "lib/parser"
import { render } from "lib/renderer"
```

`harn lint --fix` sorts them; comments stay with the import that they stand above or behind.""",
)

LEGACY_DOC_COMMENT = _rule(
    "legacy-doc-comment",
    "{prefix} doc comment(s) above this item should use `/** */` form",
    "rewrite the {form} as a canonical `/** ... */` block",
    """Line comments directly above a declaration look like its documentation. Tools read a `/** */` block; a line comment that means something else
is set apart by an empty line.

```harn
/// Adds two numbers.               (reported)
fn add(a, b) { return a + b }

/** Adds two numbers. */
fn add(a, b) { return a + b }
```""",
)

REQUIRE_FILE_HEADER = _rule(
    "require-file-header",
    "file is missing a `/** */` header doc block",
    "open the file with a `/** <title> */` block, for example `{title}`",
    """Files begin with a block that says what they hold. Off unless asked for: `harn lint --require-file-header`, or in `harn.toml`:

```toml
[lint]
require_file_header = true
```

`harn lint --fix` inserts a block with a title made of the file's name.""",
)

# --- comments that allow findings -------------------------------------------------------------------------------------

_ALLOW_COMMENT = """A comment may allow what a rule would report; this one does nothing.

```harn
fn on_event(name, payload) {   // harn: allow(unused-parameter) the host passes both
  log(name)
}
```

`// harn: allow(RULE, ...)` at the end of a line, or alone on the line above, allows findings that are shown on that line. `// harn: allow-file(RULE, ...)`
above the first statement allows them in the whole file. What stands behind the parenthesis is for people. Reported are names that no rule has,
rules that find nothing there, and an `allow-file` further down."""

UNKNOWN_ALLOWED_RULE = _rule(
    "allow-comment",
    "no lint rule is called `{name}`",
    "`harn explain allow-comment` tells how findings are allowed, and `harn explain RULE` what a rule is about",
    _ALLOW_COMMENT,
)
MISSPELT_ALLOWED_RULE = _rule(
    "allow-comment", "no lint rule is called `{name}`", "did you mean `{close}`?", _ALLOW_COMMENT
)
NEEDLESS_ALLOW = _rule(
    "allow-comment",
    "`{name}` is allowed here, but there is nothing that it would report",
    "remove `{name}` from the comment; a finding is allowed at the end of the line that it is shown on, or on the line above",
    _ALLOW_COMMENT,
)
MISPLACED_ALLOW_FILE = _rule(
    "allow-comment",
    "`allow-file` has no effect below the first statement",
    "move the comment to the top of the file, or use `allow` on the line that is meant",
    _ALLOW_COMMENT,
)

RULES: tuple[Rule, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Rule))
CODES: frozenset[str] = frozenset(rule.code for rule in RULES)
