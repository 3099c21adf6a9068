"""What the type checker reports (chapter 09, section 15).

Each documentation has two programs: one that is reported, and one that does the same as it should be done.
"""

from __future__ import annotations

from harnpy.analysis.rules.model import Rule

DECLARATION_TYPE = Rule(
    "declaration-type",
    "error",
    "'{name}' declared as {expected}, but assigned {actual}{detail}",
    """\
The annotation of a variable and its initial value do not go together.

A value fits if its type is the annotated one, or one that may stand for it: an `int` where a `float` is wanted, a member
where a union is, a dict with more fields where a shape is. What is in a list or dict has to have exactly the type that is
declared, since it might be replaced later: a `list<int>` is no `list<float>`. Where nothing is known about the type of the
value, nothing is reported. For two shapes, the message says which fields are missing or different.

Reported:

```harn
let port: int = "8080"
```

Instead:

```harn
let port: int = 8080
```
""",
)

ASSIGNMENT_TYPE = Rule(
    "assignment-type",
    "error",
    "can't assign {actual} to '{name}' (declared as {expected})",
    """\
A variable is given a value of another type than the one it has.

A `var` has the type of its annotation; without one, that of its first value. What a condition says about it in between, as
in `if x != nil`, does not narrow what may be assigned.

Reported:

```harn
var name = nil
name = "Ada"
```

Instead, say what else may come:

```harn
var name: string | nil = nil
name = "Ada"
```
""",
)

ARGUMENT_TYPE = Rule(
    "argument-type",
    "error",
    "Argument {number} ('{parameter}'): expected {expected}, got {actual}",
    """\
An argument of a call has another type than the parameter that takes it.

Calls of functions of the same file are checked, from the declaration of the function on; not those of imported functions,
builtins, methods and variables, and none in the initial value of a `let` or `var`.

Reported:

```harn
fn double(n: int) -> int { return n * 2 }

log(double("4"))
```

Instead:

```harn
fn double(n: int) -> int { return n * 2 }

log(double(4))
```

A value that may be `nil` fits once that has been ruled out:

```harn
fn shout(text: string) -> string { return text + "!" }

fn greet(name: string | nil) {
  if name != nil {
    log(shout(name))
  }
}
```
""",
)

TYPE_PARAMETER_CONFLICT = Rule(
    "type-parameter-conflict",
    "error",
    "type parameter '{parameter}' was inferred as both {first} and {other}",
    """\
Two arguments of a generic function say different things about one of its type parameters.

The first argument that mentions a type parameter decides what it is. Types have to be equal then: `int` and `float` are
two types here.

Reported:

```harn
fn pick<T>(a: T, b: T, first: bool) -> T { return first ? a : b }

log(pick(1, "one", true))
```

Instead:

```harn
fn pick<T>(a: T, b: T, first: bool) -> T { return first ? a : b }

log(pick("1", "one", true))
```

A function that takes two kinds of values needs two type parameters.
""",
)

CONSTRAINT = Rule(
    "constraint-not-satisfied",
    "error",
    "Type '{type}' does not satisfy interface '{interface}': {reason} "
    "(required by constraint `where {parameter}: {interface}`)",
    """\
A generic function demands an interface of its type parameter, and the type of the argument does not have its methods.

A type satisfies an interface if an `impl` block for it has all methods of the interface, each with as many parameters, and
with types that go together where both sides have annotations. Nothing else has to be declared.

Reported:

```harn
interface Named { fn name(self) -> string }
struct Dog { age: int }

fn greet<T>(who: T) where T: Named { log(who.name()) }

greet(Dog { age: 3 })
```

Instead:

```harn
interface Named { fn name(self) -> string }
struct Dog { age: int }
impl Dog { fn name(self) -> string { return "Rex" } }

fn greet<T>(who: T) where T: Named { log(who.name()) }

greet(Dog { age: 3 })
```
""",
)

RETURN_TYPE = Rule(
    "return-type",
    "error",
    "return type doesn't match: expected {expected}, got {actual}",
    """\
A function gives back something else than it declares.

The `return` statements of the body and those in the branches of `if` are checked, with what the conditions say about the
parameters; `return` without a value never is.

Reported:

```harn
fn size(text: string | nil) -> int {
  if text == nil { return "none" }
  return 1
}
```

Instead:

```harn
fn size(text: string | nil) -> int {
  if text == nil { return 0 }
  return 1
}
```
""",
)

ADDITION = Rule(
    "addition-operands",
    "error",
    "can't add {left} and {right}",
    """\
`+` adds two numbers and joins two strings, two lists or two dicts. It converts nothing.

Reported:

```harn
fn label(n: int) -> string { return "item " + n }
```

Instead:

```harn
fn label(n: int) -> string { return "item ${n}" }
```

`harn lint --fix` makes an interpolated string of a text and one other value.
""",
)

ARITHMETIC = Rule(
    "arithmetic-operands",
    "error",
    "can't use '{op}' on {left} and {right} (needs numeric operands)",
    """\
`-`, `/`, `%` and `**` take two numbers, `int` or `float`.

Reported:

```harn
fn rest(total: string) { log(total - 1) }
```

Instead:

```harn
fn rest(total: string) { log(to_int(total) - 1) }
```
""",
)

MULTIPLICATION = Rule(
    "multiplication-operands",
    "error",
    "can't multiply {left} and {right} (try string * int)",
    """\
`*` multiplies two numbers, and repeats a string: one operand is then the string, the other an `int`.

Reported:

```harn
fn line(width: float) { log("-" * width) }
```

Instead:

```harn
fn line(width: int) { log("-" * width) }
```
""",
)

FIELD_TYPE = Rule(
    "struct-field-type",
    "error",
    "Field '{field}' in struct '{struct}' expects {expected}, got {actual}",
    """\
A struct literal gives a field a value of another type than the declaration says.

Reported:

```harn
struct Point { x: int, y: int }

log(Point { x: 1, y: "2" })
```

Instead:

```harn
struct Point { x: int, y: int }

log(Point { x: 1, y: 2 })
```
""",
)

UNREACHABLE_ARGUMENT = Rule(
    "unreachable-argument",
    "error",
    "unreachable() argument has type `{type}` — not all cases are handled",
    """\
`unreachable(x)` says that no case of `x` is left at this point, but its type says that there is one.

Handle what is left before, so that the conditions have ruled out every member of the type.

Reported:

```harn
fn label(x: int | string) -> string {
  if type_of(x) == "int" { return "number" }
  unreachable(x)
}
```

Instead:

```harn
fn label(x: int | string) -> string {
  if type_of(x) == "int" { return "number" }
  if type_of(x) == "string" { return "text" }
  unreachable(x)
}
```
""",
)

RETHROW_OUTSIDE_FUNCTION = Rule(
    "rethrow-outside-function",
    "error",
    "try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target",
    """\
`try* e` hands an error of `e` on to whoever called the function around it. Outside of functions there is nobody.

Reported:

```harn
try* json_parse("{}")
```

Instead:

```harn
fn parsed(text) { return try* json_parse(text) }

log(parsed("{}"))
```
""",
)

MAX_CONCURRENT_TYPE = Rule(
    "max-concurrent-type",
    "error",
    "`max_concurrent` on `parallel` must be int, got {actual}",
    """\
`max_concurrent` says how many tasks of a `parallel` run at the same time, so it is an `int`.

Reported:

```harn
parallel each [1, 2, 3] with { max_concurrent: "2" } { n -> log(n) }
```

Instead:

```harn
parallel each [1, 2, 3] with { max_concurrent: 2 } { n -> log(n) }
```
""",
)

VARIANCE = Rule(
    "variance",
    "error",
    "type parameter '{parameter}' is declared '{marker}' ({variance}) but appears in a {position} position in {kind} '{name}'",
    """\
A type parameter that is marked `in` or `out` stands where its marker does not allow it.

`out T` is for what a type gives (results of functions), `in T` for what it takes (parameters of functions). In a list, a
dict or a struct field a parameter is both given and taken, so there only an unmarked one may stand.

Reported:

```harn
type Reader<in T> = fn() -> T
```

Instead:

```harn
type Reader<out T> = fn() -> T
```
""",
)

UNREACHABLE = Rule(
    "unreachable-statement",
    "warning",
    "unreachable code",
    """\
The statement before leaves the block in any case (`return`, `throw`, `break`, `continue`, or an `if` and `else` that both
do), so this one and what follows it in the block never run. They are not checked either.

Reported:

```harn
fn answer() {
  return 42
  log("done")
}
```

Instead:

```harn
fn answer() {
  log("done")
  return 42
}
```
""",
)

ARGUMENT_COUNT = Rule(
    "argument-count",
    "warning",
    "Function '{name}' expects {expected} arguments, got {given}",
    """\
A call gives a function more or fewer arguments than it has parameters. Parameters with a default may be left out; then two
numbers are given, the least and the most.

It is no error, since the program runs: missing arguments are reported when it does, others are ignored.

Reported:

```harn
fn add(a, b) { return a + b }

log(add(1))
```

Instead:

```harn
fn add(a, b = 0) { return a + b }

log(add(1))
```
""",
)

IMMUTABLE_ASSIGNMENT = Rule(
    "immutable-assignment",
    "warning",
    "Cannot assign to '{name}': variable is immutable (declared with 'let')",
    """\
Only a `var` can be assigned to. What `let` declares, parameters, loop variables and caught errors keep their value; the
program ends with an error when it gets to such an assignment.

Reported:

```harn
fn count_down(n) {
  n = n - 1
  return n
}
```

Instead:

```harn
fn count_down(n) {
  var left = n
  left = left - 1
  return left
}
```
""",
)

COMPARISON = Rule(
    "comparison-types",
    "warning",
    "Comparison '{op}' may not be meaningful for types {left} and {right}",
    """\
`<`, `>`, `<=` and `>=` order numbers and strings. Other values count as equal there, so the answer says nothing.

Reported:

```harn
fn newer(a: dict, b: dict) { return a > b }

log(newer({age: 1}, {age: 2}))
```

Instead:

```harn
fn newer(a: dict, b: dict) { return a.age > b.age }

log(newer({age: 1}, {age: 2}))
```
""",
)

STRING_COMPARISON = Rule(
    "string-comparison",
    "warning",
    "Comparing {left} with {right} using '{op}' may give unexpected results",
    """\
A string and a number have no order among each other: nothing is converted.

Reported:

```harn
fn is_adult(age: string) { return age >= 18 }

log(is_adult("21"))
```

Instead:

```harn
fn is_adult(age: string) { return to_int(age) >= 18 }

log(is_adult("21"))
```
""",
)

UNKNOWN_FIELD = Rule(
    "unknown-field",
    "warning",
    "Unknown field '{field}' in struct '{struct}'",
    """\
A struct literal names a field that the struct does not declare; often it is a typing error.

Reported:

```harn
struct User { name: string, age?: int }

log(User { name: "Ada", aeg: 36 })
```

Instead:

```harn
struct User { name: string, age?: int }

log(User { name: "Ada", age: 36 })
```
""",
)

MISSING_FIELD = Rule(
    "missing-field",
    "warning",
    "Missing field '{field}' in struct '{struct}' construction",
    """\
A struct literal leaves out a field that is not optional; reading it later gives an error or `nil`.

Reported:

```harn
struct User { name: string, age: int }

log(User { name: "Ada" })
```

Instead, give it, or declare it as `age?: int`:

```harn
struct User { name: string, age?: int }

log(User { name: "Ada" })
```
""",
)

UNKNOWN_VARIANT = Rule(
    "unknown-variant",
    "warning",
    "Unknown variant '{variant}' in enum '{enum}'",
    """\
The enum declares no such variant; no pattern that names its variants will match the value.

Reported:

```harn
enum Light { Red, Green }

log(Light.Gren)
```

Instead:

```harn
enum Light { Red, Green }

log(Light.Green)
```
""",
)

VARIANT_ARGUMENT_COUNT = Rule(
    "variant-argument-count",
    "warning",
    "{enum}.{variant} expects {expected} argument(s), got {given}",
    """\
A value of an enum is made with more or fewer fields than its variant declares. (A pattern may leave fields out.)

Reported:

```harn
enum Shape { Circle(radius: float), Box(width: float, height: float) }

log(Shape.Box(2.0))
```

Instead:

```harn
enum Shape { Circle(radius: float), Box(width: float, height: float) }

log(Shape.Box(2.0, 1.0))
```
""",
)

VARIANT_ARGUMENT_TYPE = Rule(
    "variant-argument-type",
    "warning",
    "{enum}.{variant} expects {field}: {expected}, got {actual}",
    """\
A value of an enum is made with a field of another type than its variant declares.

Reported:

```harn
enum Shape { Circle(radius: float) }

log(Shape.Circle("2"))
```

Instead:

```harn
enum Shape { Circle(radius: float) }

log(Shape.Circle(2.0))
```
""",
)

UNKNOWN_METHOD = Rule(
    "unknown-constraint-method",
    "warning",
    "Method '{method}' not found in interface '{interface}' (constraint on '{parameter}')",
    """\
A generic function calls a method that the interface in its `where` clause does not promise, so not every value that it
accepts has it.

Reported:

```harn
interface Named { fn name(self) -> string }

fn greet<T>(who: T) where T: Named { log(who.title()) }
```

Instead:

```harn
interface Named {
  fn name(self) -> string
  fn title(self) -> string
}

fn greet<T>(who: T) where T: Named { log(who.title()) }
```
""",
)

PATTERN_TYPE = Rule(
    "match-pattern-type",
    "warning",
    "Match pattern type mismatch: matching {type} against {literal} literal",
    """\
The value of a `match` has a type that no such literal is of, so the arm never matches.

Reported:

```harn
fn name(code: int) {
  match code {
    "1" -> { return "one" }
    _ -> { return "many" }
  }
}
```

Instead:

```harn
fn name(code: int) {
  match code {
    1 -> { return "one" }
    _ -> { return "many" }
  }
}
```
""",
)

MISSING_VARIANTS = Rule(
    "non-exhaustive-enum",
    "warning",
    "Non-exhaustive match on enum {enum}: missing variants {missing}",
    """\
The arms of a `match` name variants of an enum, but not all; a value of another variant is an error at run time.

An arm with any other pattern, such as `_`, takes what is left, and nothing is reported.

Reported:

```harn
enum Light { Red, Yellow, Green }

fn next(light: Light) {
  match light {
    Light.Red -> { return "go" }
    Light.Green -> { return "slow down" }
  }
}
```

Instead:

```harn
enum Light { Red, Yellow, Green }

fn next(light: Light) {
  match light {
    Light.Red -> { return "go" }
    Light.Green -> { return "slow down" }
    Light.Yellow -> { return "stop" }
  }
}
```
""",
)

MISSING_MEMBERS = Rule(
    "non-exhaustive-union",
    "warning",
    "Non-exhaustive match on union type: missing {missing}",
    """\
The value of a `match` is of one of several types, and the arms have literals of some of them only; a value of another one
is an error at run time.

An arm with any other pattern, such as `_`, takes what is left, and nothing is reported.

Reported:

```harn
fn describe(x: string | nil) {
  match x {
    "a" -> { return "first" }
  }
}
```

Instead:

```harn
fn describe(x: string | nil) {
  match x {
    "a" -> { return "first" }
    _ -> { return "something else" }
  }
}
```
""",
)

UNKNOWN_NOT_COVERED = Rule(
    "unknown-not-narrowed",
    "warning",
    "`{site}` reached but `{variable}: unknown` was not fully narrowed — uncovered concrete type(s): {missing}",
    """\
A value of type `unknown` has been asked for some of the types it may have, and where all of them should have been handled
(at a `throw`, an `unreachable()`, or a call of a function that never returns) some are left.

Ask for the others too, with `type_of(x) == "..."`, or end with an ordinary `return` if the rest is a case like any other.

Reported:

```harn
fn describe(x: unknown) -> string {
  if type_of(x) == "string" { return "text" }
  if type_of(x) == "int" { return "number" }
  throw "no such value"
}
```

Instead:

```harn
fn describe(x: unknown) -> string {
  if type_of(x) == "string" { return "text" }
  if type_of(x) == "int" { return "number" }
  return "something else"
}
```
""",
)

DEPRECATED = Rule(
    "deprecated",
    "warning",
    "`{name}` is deprecated{since}",
    """\
A function is called that is marked `@deprecated`. It still works; its author wants callers to move on.

Reported:

```harn
@deprecated(since: "2.0", use: "fetch_all")
fn fetch() { return [] }

fn fetch_all() { return [] }

log(fetch())
```

Instead:

```harn
@deprecated(since: "2.0", use: "fetch_all")
fn fetch() { return [] }

fn fetch_all() { return [] }

log(fetch_all())
```
""",
    help="use `{use}` instead",
)

UNKNOWN_ATTRIBUTE = Rule(
    "unknown-attribute",
    "warning",
    "unknown attribute `@{name}`",
    """\
There is no such attribute, so it does nothing. Known are `@deprecated`, `@test`, `@complexity` and `@acp_tool`.

Reported:

```harn
@depricated(use: "fetch_all")
fn fetch() { return [] }
```

Instead:

```harn
@deprecated(use: "fetch_all")
fn fetch() { return [] }
```
""",
)

ATTRIBUTE_TARGET = Rule(
    "attribute-target",
    "warning",
    "`@{name}` only applies to function declarations",
    """\
`@test` and `@acp_tool` say something about a function (`@test` about a pipeline as well); on other declarations they do
nothing.

Reported:

```harn
@test
struct Case { input: string }
```

Instead:

```harn
@test
fn case() { assert(true) }
```
""",
)

_VALIDATE_FIRST = "put the result into a variable, then validate that by `schema_expect()` or a type annotation, before its parts are used"
_VALIDATE = (
    "validate '{variable}' by `schema_expect()`, by `schema_is()` as the condition of an `if`, or by an annotation with a "
    "shape type"
)
_STRICT = """\
What files, models, servers and hosts send may be anything. In strict mode (`harn check --strict-types`, or `strict_types`
under `[check]` in `harn.toml`) it has to be validated before its parts are used: by `schema_expect(x, Schema)`, by
`if schema_is(x, Schema)`, or by an annotation that says what is expected.
"""

DIRECT_PROPERTY = Rule(
    "direct-property-access",
    "warning",
    "Direct property access on unvalidated `{function}()` result",
    _STRICT
    + """
Reported:

```harn
fn name(text) { return json_parse(text).name }
```

Instead:

```harn
fn name(text) {
  let user: {name: string} = json_parse(text)
  return user.name
}
```
""",
    help=_VALIDATE_FIRST,
)

DIRECT_SUBSCRIPT = Rule(
    "direct-subscript-access",
    "warning",
    "Direct subscript access on unvalidated `{function}()` result",
    _STRICT
    + """
Reported:

```harn
fn first(text) { return json_parse(text)[0] }
```

Instead:

```harn
fn first(text) {
  let names: list<string> = json_parse(text)
  return names[0]
}
```
""",
    help=_VALIDATE_FIRST,
)

TAINTED_PROPERTY = Rule(
    "unvalidated-property-access",
    "warning",
    "Accessing property on unvalidated value '{variable}' from `{function}`",
    _STRICT
    + """
Reported:

```harn
fn name(text) {
  let user = json_parse(text)
  return user.name
}
```

Instead:

```harn
type User = {name: string}

fn name(text) {
  let user = json_parse(text)
  if schema_is(user, User) {
    return user.name
  }
  return "nobody"
}
```
""",
    help=_VALIDATE,
)

TAINTED_SUBSCRIPT = Rule(
    "unvalidated-subscript-access",
    "warning",
    "Subscript access on unvalidated value '{variable}' from `{function}`",
    _STRICT
    + """
Reported:

```harn
fn first(text) {
  let names = json_parse(text)
  return names[0]
}
```

Instead:

```harn
fn first(text) {
  let names: list<string> = json_parse(text)
  return names[0]
}
```
""",
    help=_VALIDATE,
)

RULES: tuple[Rule, ...] = tuple([value for value in list(globals().values()) if isinstance(value, Rule)])
