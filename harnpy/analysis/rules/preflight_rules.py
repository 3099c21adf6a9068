"""What `harn check` finds of the world around a program: the modules, files and host operations that it names (chapter 09,
16). The severity is that of the project; here stands the usual one. Two rules with one code have one documentation.
"""

from __future__ import annotations

from harnpy.analysis.rules.model import Rule

_LABEL = "preflight"

UNRESOLVED_IMPORT = Rule(
    "unresolved-import",
    "error",
    "preflight: unresolved import '{path}'",
    """\
An import leads to no file. A path is looked for beside the file that imports it, as it stands and with `.harn` behind it, and
then in the `.harn/packages` of the directories above. Paths that begin with `std/` name modules of the standard library, which
`harn explain std/NAME` describes.

The program ends with an error at this import, before anything of it runs.

```harn
import "lib/helper"  // reported if neither lib/helper nor lib/helper.harn is there
```

Correct the path, or fetch the package with `harn install`.""",
    "verify the import path and packaged module layout",
    _LABEL,
)

_COLLISION = "preflight: import collision — '{name}' is exported by both '{first}' and '{path}'"
_COLLISION_DOCUMENTATION = """\
Two modules bring a function of the same name. Importing the second one is an error when the program runs.

```harn
import "lib/files"
import "lib/texts"  // reported if both have a function `read`
```

Name what is wanted, and of each name one:

```harn
import { read } from "lib/files"
import { trim } from "lib/texts"
```"""

IMPORT_COLLISION = Rule(
    "import-collision",
    "error",
    _COLLISION,
    _COLLISION_DOCUMENTATION,
    'use selective imports to disambiguate: import {{ {name} }} from "..."',
    _LABEL,
)

SELECTIVE_IMPORT_COLLISION = Rule(
    "import-collision",
    "error",
    _COLLISION,
    _COLLISION_DOCUMENTATION,
    "rename one of the imported modules or avoid importing conflicting names",
    _LABEL,
)

IMPORT_CYCLE = Rule(
    "import-cycle",
    "warning",
    "preflight: '{name}' is called before '{path}', which imports this file, has been loaded",
    """\
Two modules import each other, directly or by way of others, and one of them calls a function of the other one to compute a
top-level variable. Modules are loaded one after the other: the first one waits for those that it imports, and its functions
are not there until they are loaded. So the call fails, and with it the program.

```harn
// a.harn
import "b"
pub fn name() { return "a" }

// b.harn
import "a"
let greeting = "hello " + name()  // reported
```

A cycle alone is fine, and not reported: functions of the modules may call each other as they like, once the program runs.
Whether the call fails depends on which module is imported first, which is why the program that imports them is the one that
has to be checked.

Compute the value in a function, or move what both modules need into a third one.""",
    "compute the value in a function, or move what both modules need into a module of its own",
    _LABEL,
)

UNNAMED_PYTHON_IMPORT = Rule(
    "unnamed-python-import",
    "error",
    "preflight: '{path}' is imported without a name",
    """\
A Python module is imported neither under a name nor with the names that are wanted of it. Python modules have hundreds of names,
so there is no import of them all.

```harn
import "py:json"  // reported
```

Write one of these instead:

```harn
import "py:json" as json
import { dumps } from "py:json"
```""",
    'name what you want: import {{ name }} from "py:...", or the module: import "py:..." as name',
    _LABEL,
)

MISSING_PYTHON_MODULE = Rule(
    "missing-python-module",
    "warning",
    "preflight: Python module '{path}' is not installed",
    """\
The Python that runs harnpy has no such module. This is always a warning: what one machine has installed says nothing about the
program.

```harn
import "py:pandas" as pandas  // reported where pandas is not installed
```

Install the package that has the module, into the environment that `harn` runs in.""",
    "install the package that has it, with pip",
    _LABEL,
)

NAMED_IMPORT = Rule(
    "named-import",
    "error",
    "preflight: '{path}' cannot be imported under a name",
    """\
Only Python modules can be imported under a name. Modules of Harn are no values: their functions are.

```harn
import "lib/texts" as texts  // reported
```

Import the functions:

```harn
import { trim, wrap } from "lib/texts"
```""",
    'only Python modules ("py:...") have names; import what you want: import {{ name }} from "..."',
    _LABEL,
)

MISSING_TEMPLATE = Rule(
    "missing-template",
    "error",
    "preflight: {kind} '{target}' does not exist at {places}",
    """\
`render`, `render_prompt` or the host operation `template.render` names a template that is not there. Templates are looked for
beside the file of the program, and below the bundle root where there is one.

```harn
let text = render("prompts/greet.prompt", {})  // reported if there is no such file
```

Correct the path, or tell where the templates are: `[check].bundle_root` in harn.toml, `--bundle-root` on the command line.""",
    "verify the template path, which is relative to the pipeline's source file; "
    "for a bundled layout set `[check].bundle_root` or pass `--bundle-root`",
    _LABEL,
)

TEMPLATE_SYNTAX = Rule(
    "template-syntax",
    "error",
    "preflight: template '{target}' has a syntax error: {problem}",
    """\
A template that the program renders cannot be parsed: a directive that does not end, an `{{ if }}` without its `{{ end }}`, an
unknown word. Rendering it is an error.

The message tells the line and column in the template.""",
    "see docs/src/prompt-templating.md for supported directives",
    _LABEL,
)

MISSING_EXECUTION_DIRECTORY = Rule(
    "missing-execution-directory",
    "error",
    "preflight: execution directory '{directory}' does not exist at {place}",
    """\
`exec_at` or `shell_at` names a directory that is not there. It is relative to the file of the program.

```harn
exec_at("build", "make")  // reported if there is no directory `build`
```

Name a directory that exists, or make it before the check runs.""",
    "name a directory, relative to the source file, that exists before the program runs, or create it first",
    _LABEL,
)

MISSING_WORKER_DIRECTORY = Rule(
    "missing-worker-directory",
    "error",
    "preflight: worker execution cwd '{directory}' does not exist at {place}",
    """\
`spawn_agent` is told to let a worker work in a directory that is not there. It is relative to the file of the program.

```harn
spawn_agent({task: "tidy up", execution: {cwd: "reports"}})  // reported if there is no directory `reports`
```

Name a directory that exists, or give the worker a checkout of its own with `execution: {worktree: {repo: "..."}}`.""",
    "a literal worker cwd has to exist and is relative to the source file; otherwise use a worktree",
    _LABEL,
)

MISSING_WORKTREE_REPOSITORY = Rule(
    "missing-worktree-repository",
    "error",
    "preflight: worker worktree repo '{directory}' does not exist at {place}",
    """\
`spawn_agent` is told to make a git worktree for a worker from a repository that is not there.

```harn
spawn_agent({task: "fix it", execution: {worktree: {repo: "../app"}}})  // reported if there is no such directory
```

Name the checkout from which the worktree is to be made, relative to the file of the program.""",
    "`worktree.repo` has to name an existing git checkout from which the isolated execution is set up",
    _LABEL,
)

REMOVED_HOST_INVOKE = Rule(
    "removed-host-invoke",
    "error",
    'preflight: host_invoke(...) was removed; use host_call("capability.operation", args)',
    """\
`host_invoke` is not there any more. `host_call` takes capability and operation as one name.

```harn
host_invoke("project", "scan", {})  // reported
```

```harn
host_call("project.scan", {})
```""",
    'replace host_invoke("project", "scan", {{}}) with host_call("project.scan", {{}})',
    _LABEL,
)

DYNAMIC_HOST_OPERATION = Rule(
    "dynamic-host-operation",
    "error",
    'preflight: host_call(...) requires a literal "capability.operation" name for static validation',
    """\
The name of a host operation is computed, or has no dot. Then nobody can tell before the program runs whether the host has it.

```harn
let name = "project.scan"
host_call(name, {})  // reported
```

```harn
host_call("project.scan", {})
```""",
    'write a literal such as host_call("project.scan", {{}}), which can be checked against the host\'s capabilities',
    _LABEL,
)

UNKNOWN_HOST_OPERATION = Rule(
    "unknown-host-operation",
    "error",
    "preflight: unknown host capability/operation '{name}'",
    """\
The program asks its host for an operation that nobody has declared. `harn contracts host-capabilities` lists those that are
known.

```harn
host_call("db.query", {sql: "select 1"})  // reported unless the project declares it
```

Declare it in harn.toml, in a file that `--host-capabilities` names, or mock it with `host_mock("db", "query", ...)` in the same
program; or silence the message:

```toml
[check]
host_capabilities = { db = ["query"] }
preflight_allow = ["db.*"]
```""",
    "declare it in `[check].host_capabilities`, `[check].host_capabilities_path` or `--host-capabilities`, "
    "or silence this message with `[check].preflight_allow`",
    _LABEL,
)

RULES = (
    UNRESOLVED_IMPORT,
    IMPORT_COLLISION,
    SELECTIVE_IMPORT_COLLISION,
    IMPORT_CYCLE,
    UNNAMED_PYTHON_IMPORT,
    MISSING_PYTHON_MODULE,
    NAMED_IMPORT,
    MISSING_TEMPLATE,
    TEMPLATE_SYNTAX,
    MISSING_EXECUTION_DIRECTORY,
    MISSING_WORKER_DIRECTORY,
    MISSING_WORKTREE_REPOSITORY,
    REMOVED_HOST_INVOKE,
    DYNAMIC_HOST_OPERATION,
    UNKNOWN_HOST_OPERATION,
)
