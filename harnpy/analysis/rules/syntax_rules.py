"""What keeps a text from being a program: its tokens, its grammar, its structure. And what keeps a file from being looked at.

The texts of these findings are made where the facts are known, in the lexer, the parser and the compiler, which lie below
this layer; what they mean is told here.
"""

from __future__ import annotations

from harnpy.analysis.rules.model import Rule

LEX = Rule(
    "lex",
    "error",
    "{text}",
    """\
The text cannot be cut into tokens. A string or comment does not end, a character or a number is none that Harn knows, or the file
is not UTF-8. The caret shows where it begins.

```harn
let name = "Ada  // reported: Unterminated string
let c = 'x'      // reported: Unexpected character
```

Strings stand in double quotes and end on their line; those in three double quotes may have several lines. Comments begin with
`//` or stand between `/*` and `*/`.""",
    label="here",
)

PARSE = Rule(
    "parse",
    "error",
    "{text}",
    """\
Tokens stand where the grammar has no place for them. All such places of a file are reported; mend the first one first, others may
only follow from it. Of the rest of the file, `harn check` still reports what does not depend on the broken parts.

```harn
let total = (1 + 2  // reported: Expected ), got \\n
```""",
    label="unexpected token",
)

COMPILE = Rule(
    "compile",
    "error",
    "compile error: {text}",
    """\
The file parses but makes no sense as a program. There is a `break` outside a loop, a `try*` outside a function, a spread where there is
nothing to spread into, an attribute whose argument is no literal, or a name declared twice.

```harn
fn first(xs) {
  for x in xs { return x }
  break  // reported: there is no loop around it
}
```""",
)

UNREADABLE = Rule(
    "unreadable-file",
    "error",
    "Error reading {path}: {reason}",
    """\
A file that was named cannot be read. It is not there, it is a directory, or permissions forbid it. The reason is the system's.""",
)

MANIFEST = Rule(
    "manifest",
    "warning",
    "failed to parse {path}: {reason}",
    """\
The project's harn.toml is no TOML, cannot be read, or has a value of the wrong type. The tools go on as if it were empty, so rules
that it switches off are on, and `strict` is off.""",
)

RULES = (LEX, PARSE, COMPILE, UNREADABLE, MANIFEST)
