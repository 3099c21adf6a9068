"""Attempts to get out of a sandbox, as data: each one works where there is no sandbox.

In the texts, @O@ is a directory outside of the sandbox, @OK@ and @EVIL@ are the addresses of an allowed and of another
server, @PY@ is the Python that runs the tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# What must not be got at: the content of outside/secret.txt, the answer of the other server, the value of SECRET.
CANARY = "canary-7391"

FILES = ("--allow", "fs.read=./data,fs.write=./out")
NET = ("--allow", "net=@OK@")
LOCALHOST = ("--allow", "net=localhost:@OKP@")
ENV = ("--allow", "env=HARMLESS")
ECHO = ("--allow", "process=echo")
MODEL = ("--allow", "llm=ollama")
HARN = ("--allow", "process=@PY@", "--allow", "env=PYTHONPATH", "--allow", "fs.read=./data")


@dataclass(frozen=True, slots=True)
class Attempt:
    """names says what the refusal has to name as what would allow it; source is the program, variables its environment."""

    name: str
    source: str
    flags: tuple[str, ...] = FILES
    names: str = "--allow fs.read=@O@/secret.txt"
    variables: dict[str, str] = field(default_factory=dict)


READ = "--allow fs.read=@O@/secret.txt"
WRITE = "--allow fs.write=@O@"


def _read(name: str, source: str, names: str = READ) -> Attempt:
    return Attempt(name, source, names=names)


def _write(name: str, source: str, names: str = WRITE) -> Attempt:
    return Attempt(name, source, names=names)


READING = [
    _read("an absolute path", 'println(read_file("@O@/secret.txt"))'),
    _read("dots", 'println(read_file("../outside/secret.txt"))'),
    _read("dots behind the scope", 'println(read_file("data/../../outside/secret.txt"))'),
    _read("single dots between", 'println(read_file("./data/./.././../outside/./secret.txt"))'),
    _read("two slashes", 'println(read_file("/@O@/secret.txt"))'),
    _read("many slashes", 'println(read_file("data//..//..//outside///secret.txt"))'),
    _read("a very long path", 'println(read_file("data/" + "./".repeat(1500) + "../../outside/secret.txt"))'),
    _read("a result instead of an error", 'println(unwrap(read_file_result("@O@/secret.txt")))'),
    _read("an alias", 'let f = read_file\nprintln(f("@O@/secret.txt"))'),
    _read("a function in a list", 'let fs = [read_file]\nprintln(fs[0]("@O@/secret.txt"))'),
    _read("a function in a dict", 'let d = {go: read_file}\nprintln(d.go("@O@/secret.txt"))'),
    _read("a pipe", 'println("@O@/secret.txt" |> read_file)'),
    _read("a pipe into an alias", 'let f = read_file\nprintln("@O@/secret.txt" |> f)'),
    _read("a callback", 'println(["@O@/secret.txt"].map(read_file))'),
    _read("a closure as callback", 'println(["@O@/secret.txt"].map({ p -> read_file(p) }))'),
    _read("a key of sort_by", 'println([1, 2].sort_by({ n -> println(read_file("@O@/secret.txt")) }))'),
    _read("a filter of an iterator", 'println(["@O@/secret.txt"].iter().map(read_file).to_list())'),
    _read("spread arguments", 'let a = ["@O@/secret.txt"]\nprintln(read_file(...a))'),
    _read("a default argument", 'fn f(t = read_file("@O@/secret.txt")) { return t }\nprintln(f())'),
    _read(
        "a struct's method",
        "struct S {p: string}\nimpl S { fn go(self) { return read_file(self.p) } }\n"
        'println(S {p: "@O@/secret.txt"}.go())',
    ),
    _read("a task", 'println(await(spawn { read_file("@O@/secret.txt") }))'),
    _read("a parallel body", 'println(parallel each ["@O@/secret.txt"] { p -> read_file(p) })'),
    _read("a generator", 'fn g() { yield read_file("@O@/secret.txt") }\nprintln(g().next())'),
    _read("a defer", 'fn f() { defer { println(read_file("@O@/secret.txt")) } }\nf()'),
    _read("a finally", 'try { 1 } finally { println(read_file("@O@/secret.txt")) }'),
    _read("a catch", 'try { throw "x" } catch (e) { println(read_file("@O@/secret.txt")) }'),
    _read("a retry", 'retry 2 { println(read_file("@O@/secret.txt")) }'),
    _read("a deadline", 'deadline 10s { println(read_file("@O@/secret.txt")) }'),
    _read(
        "a hot function",
        'fn f(n) { if n == 400 { return read_file("@O@/secret.txt") }\n return "" }\n'
        'var last = ""\nfor i in 1 to 400 { last = f(i) }\nprintln(last)',
    ),
    _read("a link to a file", 'println(read_file("data/link.txt"))'),
    _read("a link to a directory", 'println(read_file("data/dir/secret.txt"))'),
    _read("a link to a link", 'println(read_file("data/chain"))'),
    _read("dots behind a link", 'println(read_file("data/sub/../secret.txt"))'),
    _read("a relative link", 'println(read_file("data/relative"))'),
    _read("the working directory of /proc", 'println(read_file("/proc/self/cwd/../outside/secret.txt"))'),
    _read("the root directory of /proc", 'println(read_file("/proc/self/root@O@/secret.txt"))'),
    _read("/proc of a thread", 'println(read_file("/proc/thread-self/cwd/../outside/secret.txt"))'),
    _read("/proc within the scope", 'println(read_file("data/proc/cwd/../outside/secret.txt"))'),
    _read("a copy", 'copy_file("@O@/secret.txt", "out/copy")\nprintln("done")'),
    _read("a copy of a link", 'copy_file("data/link.txt", "out/copy")\nprintln("done")'),
    _read("a module that reads", 'import "helper"\nprintln(helper_read("@O@/secret.txt"))'),
    _read("a module imported by a module", 'import "nested"\nprintln(nested_read("@O@/secret.txt"))'),
    _read("a listing", 'println(list_dir("@O@"))', "--allow fs.read=@O@"),
    _read("a listing with a slash", 'println(list_dir("../outside/"))', "--allow fs.read=@O@"),
    _read("a listing through a link", 'println(list_dir("data/dir"))', "--allow fs.read=@O@"),
    _read("whether a file exists", f'if file_exists("@O@/secret.txt") {{ println("{CANARY}") }}'),
    _read("the size of a file", f'if stat("@O@/secret.txt").size > 0 {{ println("{CANARY}") }}'),
    _read("a scan", 'println(scan_directory("@O@"))', "--allow fs.read=@O@"),
    _read("a hash of files", f'if compute_content_hash("../outside") != "" {{ println("{CANARY}") }}', "fs.read=@O@"),
    _read("a template", 'println(render("../outside/secret.txt"))'),
    _read("a template through a link", 'println(render("data/link.txt"))'),
    _read("an include", 'println(render("data/including.txt"))'),
    _read("a prompt template", 'println(render_prompt("@O@/secret.txt", {}))'),
    _read("a template of the host", 'println(host_call("template.render", {path: "../outside/secret.txt"}))'),
    _read("an import", 'import "../outside/leaking"\nprintln(leak())', "--allow fs.read=@O@/leaking.harn"),
    _read("a selective import", 'import { leak } from "../outside/leaking.harn"\nprintln(leak())', "leaking.harn"),
    _read("an absolute import", 'import "@O@/leaking.harn"\nprintln(leak())', "--allow fs.read=@O@/leaking.harn"),
    _read("an import through a link", 'import "linked_module"\nprintln(leak())', "--allow fs.read=@O@/leaking.harn"),
    _read("a nested import", 'import "lib/reaching"\nprintln(reach())', "--allow fs.read=@O@/leaking.harn"),
    _read(
        "a library",
        'import { project_root_package } from "std/project"\nimport { read_it } from "helper"\n'
        'println(read_it({ -> read_file("@O@/secret.txt") }))',
    ),
    _read(
        "a root of a workspace",
        'for t in workspace_tools({root: "@O@"}).tools { if t.name == "read" { '
        'println(t.handler({path: "secret.txt"})) } }',
        "--allow fs.read=@O@",
    ),
    _read(
        "a wide workspace",
        'for t in workspace_tools({root: ".."}).tools { if t.name == "read" { '
        'println(t.handler({path: "outside/secret.txt"})) } }',
        "--allow fs.read=",
    ),
    _read(
        "a tool of an agent",
        'var tools = tool_define(tool_registry(), "peek", "", {parameters: {}, handler: { args ->\n'
        ' try { println(read_file("@O@/secret.txt")) } catch e { println(e) }\n "x" }})\n'
        'llm_mock({text: "<tool_call>peek({})</tool_call>"})\nllm_mock({text: "<assistant_prose>x</assistant_prose>"})\n'
        'agent_loop("x", nil, {provider: "mock", tools: tools})',
    ),
    _read(
        "what a catch hides",
        'var seen = ""\nfor i in 1 to 3 { try { seen = read_file("@O@/secret.txt") } catch e { '
        "seen = e } }\nprintln(seen)",
    ),
]

WRITING = [
    _write("writing an absolute path", 'write_file("@O@/new", "x")'),
    _write("writing through dots", 'write_file("out/../../outside/new", "x")'),
    _write("writing over a file", 'write_file("../outside/secret.txt", "x")'),
    _write("writing through a link to a directory", 'write_file("out/dir/new", "x")'),
    _write("writing to a dangling link", 'write_file("out/dangling", "x")'),
    _write("appending", 'append_file("@O@/secret.txt", "x")'),
    _write("appending through a link", 'append_file("out/link.txt", "x")'),
    _write("making a directory", 'mkdir("@O@/deep/er")'),
    _write("making a directory through a link", 'mkdir("out/dir/deeper")'),
    _write("deleting", 'delete_file("@O@/secret.txt")'),
    _write("deleting through a link", 'delete_file("out/dir/secret.txt")'),
    _write("deleting a tree", 'delete_file("../outside")'),
    _write("deleting a tree with a slash", 'delete_file("@O@/")'),
    _write("deleting a tree through dots", 'delete_file("out/dir/../outside")'),
    _write("copying out", 'copy_file("data/ok.txt", "@O@/new")'),
    _write("copying out through a link", 'copy_file("data/ok.txt", "out/dangling")'),
    _write("a neighbour with a longer name", 'write_file("outer/new", "x")', "/outer/new"),
    _write("another case", 'write_file("OUT/new", "x")', "/OUT/new"),
    Attempt("another form of a letter", 'write_file("o\u0301ut/new", "x")', ("--allow", "fs.write=\u00f3ut"), "ut/new"),
    _write("an alias in a task", 'let w = write_file\nawait(spawn { w("@O@/new", "x") })'),
    _write("a hot loop", 'for i in 1 to 300 { if i == 300 { write_file("@O@/new", "x") } }'),
    _write("a read-only scope", 'write_file("data/new", "x")', "/data/new"),
    Attempt("the store elsewhere", 'store_set("k", "v")', names="fs.", variables={"HARN_STATE_DIR": "@O@/state"}),
    Attempt("a checkpoint elsewhere", 'checkpoint("k", 1)', names="fs.", variables={"HARN_STATE_DIR": "@O@/state"}),
    Attempt("metadata elsewhere", 'metadata_set(".", "n", {a: 1})\nmetadata_save()', names="fs.",
            variables={"HARN_STATE_DIR": "@O@/state"}),
    _write("a workspace", 'for t in workspace_tools({root: "data"}).tools { if t.name == "write" { '
           'println(t.handler({path: "new", content: "x"})) } }', "/data/new"),
]  # fmt: skip


def _net(name: str, source: str, flags: tuple[str, ...] = NET, names: str = "--allow net=@EVILHOST@", **variables: str):
    return Attempt(name, source, flags, names, dict(variables))


NETWORK = [
    _net("another port", 'println(http_get("@EVIL@/secret").body)'),
    _net("posting", 'println(http_post("@EVIL@/secret", "data").body)'),
    _net("any method", 'println(http_request("PATCH", "@EVIL@/secret").body)'),
    _net("a redirect", 'println(http_get("@OK@/302").body)'),
    _net("a permanent redirect", 'println(http_get("@OK@/301").body)'),
    _net("a redirect that posts again", 'println(http_post("@OK@/307", "data").body)'),
    _net("a redirect without a scheme", 'println(http_get("@OK@/schemeless").body)'),
    _net("two redirects", 'println(http_get("@OK@/twice").body)'),
    _net("a redirect with a user", 'println(http_get("@OK@/user").body)'),
    _net("a host as user", 'println(http_get("http://@OKHOST@@@EVILHOST@/secret").body)'),
    _net("a host as user and password", 'println(http_get("http://127.0.0.1:@OKP@@@EVILHOST@/secret").body)'),
    _net("an alias", 'let g = http_get\nprintln(["@EVIL@/secret"].map({ u -> g(u).body }))'),
    _net("the name of the same address", 'println(http_get("http://localhost:@OKP@/secret").body)',
         names="--allow net=localhost:@OKP@"),
    _net("the address of the same name", 'println(http_get("http://127.0.0.1:@OKP@/secret").body)', LOCALHOST,
         "--allow net=127.0.0.1:@OKP@"),
    _net("an address as one number", 'println(http_get("http://2130706433:@OKP@/secret").body)', LOCALHOST, "net=127."),
    _net("an address in hex", 'println(http_get("http://0x7f000001:@OKP@/secret").body)', LOCALHOST, "net=127."),
    _net("an address in octal", 'println(http_get("http://0177.0.0.1:@OKP@/secret").body)', LOCALHOST, "net=127."),
    _net("a short address", 'println(http_get("http://127.1:@OKP@/secret").body)', LOCALHOST, "net=127.0.0.1"),
    _net("an address in IPv6", 'println(http_get("http://[::ffff:127.0.0.1]:@OKP@/secret").body)', LOCALHOST, "net=["),
    _net("another loopback address", 'println(http_get("http://127.0.0.2:@OKP@/secret").body)',
         ("--allow", "net=127.0.0.1:@OKP@"), "net=127.0.0.2:"),
    _net("the name in upper case", 'println(http_get("http://LOCALHOST:@OKP@/secret").body)',
         names="--allow net=localhost:@OKP@"),
    _net("the header Host", 'println(http_get("@OK@/named", {headers: {Host: "evil.test"}}).body)', names="net=evil.test"),
    _net("a proxy of the environment", 'println(http_get("@OK@/302").body)', HTTP_PROXY="@EVIL@", http_proxy="@EVIL@"),
    _net("saving elsewhere", 'http_get("@OK@/ok", {save_to: "@O@/new"})', ("--allow", "net=@OK@", "--allow", "fs.write=out"),
         "--allow fs.write=@O@/new"),
    _net("saving through a link", 'http_get("@OK@/ok", {save_to: "out/dangling"})',
         ("--allow", "net=@OK@", "--allow", "fs.write=out"), "--allow fs.write=@O@"),
    _net("without any host", 'println(http_get("@EVIL@/secret").body)', FILES, "--allow net"),
    _net("a model's provider", 'println(llm_call("x", nil, {provider: "local", model: "m"}))', MODEL, "--allow llm=local:m",
         LOCAL_LLM_BASE_URL="@EVIL@"),
    _net("a stream of a provider", 'for c in llm_stream("x", nil, {provider: "local", model: "m"}) { println(c) }', MODEL,
         "--allow llm=local:m", LOCAL_LLM_BASE_URL="@EVIL@"),
    _net("a safe call of a provider", 'println(llm_call_safe("x", nil, {provider: "local", model: "m"}))', MODEL,
         "--allow llm=local:m", LOCAL_LLM_BASE_URL="@EVIL@"),
    _net("a health check", 'println(llm_healthcheck("local"))', MODEL, "--allow llm=local", LOCAL_LLM_BASE_URL="@EVIL@"),
    _net("another model", 'println(llm_call("x", nil, {provider: "local", model: "m"}))', ("--allow", "llm=local:small"),
         "--allow llm=local:m", LOCAL_LLM_BASE_URL="@EVIL@"),
    _net("a model without llm", 'println(llm_call("x", nil, {provider: "local", model: "m"}))', FILES, "--allow llm",
         LOCAL_LLM_BASE_URL="@EVIL@"),
    _net("a model where net is denied", 'println(llm_call("x", nil, {provider: "local", model: "m"}))', ("--deny", "net"),
         "--deny net", LOCAL_LLM_BASE_URL="@EVIL@"),
    _net("a redirect to a denied host", 'println(http_get("@OK@/302").body)', ("--deny", "net=@EVILHOST@"), "--deny net="),
]  # fmt: skip


def _run(name: str, source: str, flags: tuple[str, ...] = ECHO, names: str = "--allow process", **variables: str):
    return Attempt(name, source, flags, names, dict(variables))


def _harn(name: str, words: str, names: str = READ, flags: tuple[str, ...] = HARN, stdin: str = "") -> Attempt:
    """A child `harn` with words, a list of Harn strings."""
    source = (
        f'let r = exec_with({{command: ["@PY@", "-m", "harnpy", {words}], stdin: {stdin or chr(34) * 2}}})\n'
        "println(r.stdout + r.stderr)"
    )
    return Attempt(name, source, flags, names)


_SECRET = r'"println(read_file(\"@O@/secret.txt\"))"'

PROGRAMS = [
    _run("a program", 'println(exec("cat", "../outside/secret.txt").stdout)'),
    _run("a shell", 'println(shell("cat ../outside/secret.txt").stdout)'),
    _run("a shell as a program", 'println(exec("sh", "-c", "cat ../outside/secret.txt").stdout)'),
    _run("a program in a directory", 'println(exec_at("../outside", "cat", "secret.txt").stdout)'),
    _run("a shell in a directory", 'println(shell_at("../outside", "cat secret.txt").stdout)'),
    _run("a program with options", 'println(exec_with({command: ["cat", "../outside/secret.txt"]}).stdout)'),
    _run("a shell with options", 'println(exec_with({command: "cat ../outside/secret.txt", shell: true}).stdout)'),
    _run("an absolute program", 'println(exec("/bin/cat", "../outside/secret.txt").stdout)'),
    _run("a relative program", 'println(exec("./tools/echo").stdout)'),
    _run("a program of the same name elsewhere", 'println(exec("@O@/tools/echo").stdout)'),
    _run("a relative program in a directory", 'println(exec_with({command: ["./echo"], cwd: "tools"}).stdout)'),
    _run("a link with an allowed name", 'println(exec("./links/echo", "../outside/secret.txt").stdout)'),
    _run("another PATH", 'println(exec_with({command: ["echo"], env: {PATH: "@O@/tools"}}).stdout)', names="env=PATH"),
    _run("a start file of the shell", 'println(exec_with({command: ["bash", "-c", ":"], env: {BASH_ENV: "@O@/tools/echo"}})'
         ".stdout)", ("--allow", "process=bash"), "--allow env=BASH_ENV"),
    _run("a module path", 'println(exec_with({command: ["@PY@", "-c", "import leaking"], env: {PYTHONPATH: "@O@"}}).stdout)',
         ("--allow", "process=@PY@"), "--allow env=PYTHONPATH"),
    _run("the running program itself", 'println(exec("/proc/self/exe", "-c", "print(open(\'../outside/secret.txt\').read())")'
         ".stdout)"),
    _run("a command of the host", 'println(host_call("process.exec", {command: "cat ../outside/secret.txt"}).stdout)'),
    _run("an alias", 'let e = exec\nprintln(["cat"].map({ p -> e(p, "../outside/secret.txt").stdout }))'),
    _run("a program in a task", 'println(await(spawn { exec("cat", "../outside/secret.txt").stdout }))'),
    _run("a workspace's command", 'for t in workspace_tools({root: "."}).tools { if t.name == "run" { '
         'println(t.handler({command: "cat ../outside/secret.txt"})) } }',
         ("--allow", "process=echo", "--allow", "fs.read=."), "--allow process"),
    _run("a program without process", 'println(exec("cat", "../outside/secret.txt").stdout)', FILES),
    _run("a program where only another tool is named", 'println(exec_with({command: ["cat", "../outside/secret.txt"]}).stdout)',
         ("--allow", "exec,fs.read=./data"), "--allow exec_with"),
    _run("a denied program by its path", 'println(exec("/bin/cat", "../outside/secret.txt").stdout)',
         ("--deny", "process=cat"), "--deny process=cat"),
    _run("a denied program by a link", 'println(exec("./links/echo", "../outside/secret.txt").stdout)',
         ("--deny", "process=cat"), "--deny process=cat"),
    Attempt("a variable", 'println(env("SECRET"))', ENV, "--allow env=SECRET", {"SECRET": CANARY}),
    Attempt("a variable with a default", 'println(env_or("SECRET", ""))', ENV, "--allow env=SECRET", {"SECRET": CANARY}),
    Attempt("a variable by another name", 'println(home_dir())', ENV, "--allow env=HOME", {"HOME": CANARY}),
    Attempt("the user", 'println(username())', ENV, "--allow env=USER", {"USER": CANARY}),
    Attempt("a denied variable", 'let e = env\nprintln(e("SECRET"))', ("--deny", "env=SECRET"), "--deny env=SECRET",
            {"SECRET": CANARY}),
    _harn("a child", f'"run", "-e", {_SECRET}'),
    _harn("a child that allows itself more", f'"run", "--allow", "fs.read", "-e", {_SECRET}'),
    _harn("a child of a child", '"run", "-e", "println(exec(\\"@PY@\\", \\"-m\\", \\"harnpy\\", \\"run\\", \\"@O@/reading.harn\\"))"',
          "--allow fs.read=@O@/reading.harn"),
    _harn("a program elsewhere", '"run", "@O@/reading.harn"', "--allow fs.read=@O@/reading.harn"),
    _harn("an import of a child", r'"run", "-e", "import \"@O@/leaking\"\nprintln(leak())"',
          "--allow fs.read=@O@/leaking.harn"),
    _harn("a test", '"test", "@O@/test_it.harn"', "--allow fs.read=@O@/test_it.harn"),
    _harn("the REPL", '"repl"', READ, stdin=_SECRET),
    _harn("loading in the REPL", '"repl"', "--allow fs.read=@O@/reading.harn", stdin='":load @O@/reading.harn"'),
    Attempt("a child without the sandbox", 'println(exec_with({command: ["@PY@", "-m", "harnpy", "run", "-e", '
            f'{_SECRET}], env: {{HARN_SANDBOX: ""}}}}).combined)', HARN, "--allow env=HARN_SANDBOX"),
    Attempt("a child whose sandbox is taken away", 'println(exec_with({command: ["@PY@", "-m", "harnpy", "run", "-e", '
            f'{_SECRET}], env: {{HARN_SANDBOX: nil}}}}).combined)', ("--allow", "process,fs.read=./data"), READ),
    Attempt("a child whose sandbox is wider", 'println(exec_with({command: ["@PY@", "-m", "harnpy", "run", "-e", '
            f'{_SECRET}], env: {{HARN_SANDBOX: "--allow fs.read"}}}}).combined)', ("--allow", "process,fs.read=./data"), READ),
]  # fmt: skip

WORKERS = [
    Attempt("a worker's state elsewhere", 'llm_mock({text: "done"})\n'
            'spawn_agent({task: "x", name: "w", wait: true, node: {}})', ("--allow", "llm,env,fs.read,fs.write=./out"),
            "--allow fs.write=@O@/workers", {"HARN_WORKER_STATE_DIR": "@O@/workers", "HARN_LLM_PROVIDER": "mock"}),
    Attempt("a worker's tool", 'var tools = tool_define(tool_registry(), "peek", "", {parameters: {}, handler: { args ->\n'
            ' try { println(read_file("@O@/secret.txt")) } catch e { println(e) }\n "x" }})\n'
            'llm_mock({text: "<tool_call>peek({})</tool_call>"})\nllm_mock({text: "<assistant_prose>x</assistant_prose>"})\n'
            'spawn_agent({task: "x", wait: true, carry: {persist_state: false}, node: {mode: "agent", tools: tools}})',
            ("--allow", "llm,env,fs.read=./data"), READ, {"HARN_LLM_PROVIDER": "mock"}),
    Attempt("an agent's state elsewhere", 'llm_mock({text: "<assistant_prose>x</assistant_prose>"})\n'
            'agent_loop("x", nil, {provider: "mock", daemon: true, persist_path: "@O@/state.json", max_iterations: 1})',
            FILES, "--allow fs.write=@O@"),
    Attempt("an agent's prompt", 'llm_mock({text: "x"})\nprintln(llm_call(read_file("@O@/secret.txt"), nil, {provider: "mock"}))'
            '\nprintln(llm_mock_calls())', FILES, READ),
]  # fmt: skip

DENIED = [
    Attempt("a denied file through a link", 'println(read_file("data/link.txt"))', ("--deny", "fs.read=../outside"),
            "--deny fs.read=../outside"),
    Attempt("a denied file by another name of it", 'println(read_file("data/hard"))', ("--deny", "fs.read=../outside/secret.txt"),
            "--deny fs.read=../outside/secret.txt"),
    Attempt("a tree with something denied", 'delete_file("../outside")', ("--deny", "fs.write=../outside/secret.txt"),
            "--deny fs.write=../outside/secret.txt"),
    Attempt("a denied effect by an alias", 'let f = read_file\nprintln(f("@O@/secret.txt"))', ("--deny", "fs.read"),
            "--deny fs.read"),
    Attempt("a denied module", 'import "../outside/leaking"\nprintln(leak())', ("--deny", "fs.read=../outside"),
            "--deny fs.read=../outside"),
]  # fmt: skip

ATTEMPTS = [*READING, *WRITING, *NETWORK, *PROGRAMS, *WORKERS, *DENIED]
