"""What a sandbox refuses: every attempt works without it, and with it says what to allow and has done nothing.

All that the attempts aim at is made below tmp_path, or is a server of the test on loopback.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from escape_attempts import ATTEMPTS, CANARY, Attempt

import harnpy
from harnpy.cli.arguments import parse
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.cli.run import COMMAND
from harnpy.cli.runtime_report import runtime_report
from harnpy.cli.sandbox import confine, policies_of
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import HarnError

REACHED = "a server was reached"


class _Server(ThreadingHTTPServer):
    """A server whose /secret must not be asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("", 0), _Handler)
        self.elsewhere = ""
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        elsewhere = f"{self.server.elsewhere}/secret"
        name = self.path.rpartition("/")[2]
        targets = {
            "301": elsewhere,
            "302": elsewhere,
            "307": elsewhere,
            "schemeless": elsewhere.removeprefix("http:"),
            "twice": "/302",
            "user": elsewhere.replace("http://", "http://user:word@"),
        }
        if name in targets and self.server.elsewhere:
            self.send_response(int(name) if name.isdigit() else 302)
            self.send_header("location", targets[name])
            self.send_header("content-length", "0")
            self.end_headers()
            return
        named = name == "named" and self.headers["host"] == "evil.test"
        if name != "ok" and (name != "named" or named):
            self.server.asked.append(self.path)
        body = b"ok" if name == "ok" else CANARY.encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass
class Place:
    """A project with what is allowed, and beside it what is not."""

    root: Path
    words: dict[str, str]
    servers: tuple[_Server, ...] = ()
    before: dict[str, bytes] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        for name, value in self.words.items():
            text = text.replace(f"@{name}@", value)
        return text

    def state(self) -> dict[str, bytes]:
        """All files and directories below the root, without links."""
        found = {}
        for directory, directories, names in os.walk(self.root):
            for name in directories:
                found[os.path.join(directory, name)] = b"directory"
            for name in names:
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    found[path] = Path(path).read_bytes()
        return found

    def happened(self, text: str) -> set[str]:
        """What an attempt has led to: files that changed, what came out, who was asked."""
        after = self.state()
        changed = {path for path in self.before.keys() | after.keys() if self.before.get(path) != after.get(path)}
        changed |= {CANARY} if CANARY in text else set()
        return changed | ({REACHED} if any(server.asked for server in self.servers) else set())


@pytest.fixture
def servers() -> Iterator[tuple[_Server, _Server]]:
    allowed, other = _Server(), _Server()
    allowed.elsewhere = f"http://127.0.0.1:{other.server_port}"
    yield allowed, other
    for server in (allowed, other):
        server.shutdown()
        server.server_close()


def made(root: Path, servers: tuple[_Server, ...]) -> Place:
    """The files of an attempt, made anew."""
    root.mkdir()
    outside, project = root / "outside", root / "project"
    files = {
        outside / "secret.txt": CANARY,
        outside / f"{CANARY}.name": "",
        outside / "leaking.harn": f'pub fn leak() {{ return "{CANARY}" }}',
        outside / "leaking.py": f'print("{CANARY}")',
        outside / "reading.harn": f'println(read_file("{outside}/secret.txt"))',
        outside / "test_it.harn": f'pipeline test_it(task) {{ assert_eq(read_file("{outside}/secret.txt"), "") }}',
        outside / "tools" / "echo": f"#!/bin/sh\necho {CANARY}\n",
        project / "harn.toml": "",
        project / "helper.harn": "pub fn helper_read(p) { return read_file(p) }\npub fn read_it(f) { return f() }",
        project / "nested.harn": 'import "helper"\npub fn nested_read(p) { return helper_read(p) }',
        project / "lib" / "reaching.harn": 'import "../../outside/leaking"\npub fn reach() { return leak() }',
        project / "data" / "ok.txt": "fine",
        project / "data" / "including.txt": '{{ include "../../outside/secret.txt" }}',
        project / "tools" / "echo": f"#!/bin/sh\necho {CANARY}\n",
        project / "links" / "none": "",
        project / "out" / "none": "",
        project / "outer" / "none": "",
        project / "OUT" / "none": "",
        project / "\u00f3ut" / "none": "",
        project / "o\u0301ut" / "none": "",
        outside / "below" / "none": "",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for program in (outside / "tools" / "echo", project / "tools" / "echo"):
        program.chmod(0o755)
    links = {
        "data/link.txt": outside / "secret.txt",
        "data/dir": outside,
        "data/chain": Path("link.txt"),
        "data/sub": outside / "below",
        "data/relative": Path("../../outside/secret.txt"),
        "data/proc": Path("/proc/self"),
        "out/dir": outside,
        "out/link.txt": outside / "secret.txt",
        "out/dangling": outside / "new",
        "linked_module.harn": outside / "leaking.harn",
        "links/echo": Path("/bin/cat"),
    }
    for name, target in links.items():
        (project / name).symlink_to(target)
    os.link(outside / "secret.txt", project / "data" / "hard")
    words = {"O": str(outside), "PY": sys.executable}
    if servers:
        allowed, other = (server.server_port for server in servers)
        words |= {"OKHOST": f"127.0.0.1:{allowed}", "EVILHOST": f"127.0.0.1:{other}", "OKP": str(allowed)}
        words |= {"OK": f"http://127.0.0.1:{allowed}", "EVIL": f"http://127.0.0.1:{other}"}
    place = Place(root, words, servers)
    place.before = place.state()
    return place


def run(place: Place, source: str, flags: tuple[str, ...], world: CapturingWorld | None = None) -> str:
    """What a program says, its error included."""
    world = world or CapturingWorld()
    runtime = make_runtime(world=world)
    if flags:
        # The scope of a host has no scheme.
        words = [place.filled(flag).replace("http://", "") for flag in flags]
        confine(runtime, policies_of(parse(COMMAND, words)))
    error = ""
    try:
        runtime.run(runtime.compile(place.filled(source), str(place.root / "project" / "main.harn"), use_cache=False))
    except HarnError as failure:
        error = runtime_report(failure)
    finally:
        runtime.close()
    return world.output + error


@contextmanager
def variables(place: Place, attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of an attempt, in which nobody else's settings count."""
    with monkeypatch.context() as patch:
        for name in list(os.environ):
            if (name.startswith(("HARN_", "LOCAL_LLM")) and name != "HARN_JIT") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("PYTHONPATH", str(Path(harnpy.__file__).parent.parent))
        patch.setenv("HARN_CACHE_DIR", str(place.root.parent / "cache"))
        for name, value in attempt.variables.items():
            patch.setenv(name, place.filled(value))
        patch.chdir(place.root / "project")
        yield


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=[each.name for each in ATTEMPTS])
def test_an_attempt_is_refused(attempt, tmp_path, servers, monkeypatch):
    free, held = made(tmp_path / "free", servers), made(tmp_path / "held", servers)
    with variables(free, attempt, monkeypatch):
        text = run(free, attempt.source, ())
        assert free.happened(text), f"the attempt does not work anyway: {text}"
    for server in servers:
        server.asked.clear()
    with variables(held, attempt, monkeypatch):
        text = run(held, attempt.source, attempt.flags)
    assert held.happened(text) == set(), text
    wanted = held.filled(attempt.names)
    assert "not permitted" in text and wanted in text, f"{wanted} is not named: {text}"


def test_there_are_enough_attempts_and_no_two_of_one_name():
    assert len(ATTEMPTS) >= 60
    assert len({each.name for each in ATTEMPTS if each.names != ""}) >= 60


class _Swapping(CapturingWorld):
    """Changes where a link leads when what it leads to has been looked at and is about to be read."""

    def __init__(self, link: Path, target: Path) -> None:
        super().__init__()
        self._link = link
        self._target = target

    @operation("fs.read", Repeat.PURE)
    def read_bytes(self, path: str) -> bytes:
        self._link.unlink()
        self._link.symlink_to(self._target)
        return super().read_bytes(path)


@pytest.mark.parametrize("flags", [(), ("--allow", "fs.read=./data")], ids=["free", "held"])
def test_a_link_that_is_changed_after_it_was_checked_leads_where_it_led(flags, tmp_path, monkeypatch):
    place = made(tmp_path / "place", ())
    link = place.root / "project" / "data" / "changing"
    link.symlink_to(place.root / "project" / "data" / "ok.txt")
    world = _Swapping(link, place.root / "outside" / "secret.txt")
    monkeypatch.chdir(place.root / "project")
    text = run(place, 'println(read_file("data/changing"))', flags, world)
    assert (CANARY in text) == (not flags)
    assert re.search("fine" if flags else CANARY, text)
