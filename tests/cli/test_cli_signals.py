"""Interrupting `harn run`: the notice, the chance to clean up, the status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harn_process import environment, write
from support import HANG_SECONDS, harn_with

from harnpy.cli import stop_signals

NOTICE = b"[harn] signal received, flushing state...\n"


def start(directory: Path, source: str, grace: float = 3600.0) -> subprocess.Popen[bytes]:
    """A program that has printed its first line. grace: its seconds to clean up; by default nobody sees them pass."""
    write(directory, "a.harn", source)
    process = subprocess.Popen(
        [*harn_with("harnpy.cli.stop_signals", GRACE_SECONDS=grace), "run", "a.harn"],
        cwd=directory,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_tasks_of_parallel_clean_up(tmp_path, number):
    process = start(
        tmp_path,
        """
println("ready")
parallel each [1, 2, 3] with { max_concurrent: 2 } { n ->
  try {
    write_file("started${n}", "")
    sleep(1h)
  } finally {
    println("finally ${n}")
  }
}
println("never")
""",
    )
    while not all((tmp_path / f"started{number}").exists() for number in (1, 2)):
        time.sleep(0.01)
    process.send_signal(number)
    output, errors = process.communicate(timeout=HANG_SECONDS)
    assert (process.returncode, output, errors) == (124, b"finally 1\nfinally 2\n", NOTICE)


def wait_until_asleep(process: subprocess.Popen[bytes]) -> None:
    """Until the system says that the process waits for something."""
    while Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "body", ["sleep(1h)", "while true { }", "let ch = channel(1)\nreceive(ch)", "await(spawn { sleep(1h) })"]
)
def test_a_signal_lets_finally_and_defer_run_and_ends_with_124(tmp_path, number, body):
    process = start(
        tmp_path,
        f"""
fn work() {{
  defer {{ println("deferred") }}
  try {{
    println("ready")
    {body}
  }} finally {{
    println("finally")
  }}
}}
work()
println("never")
""",
    )
    process.send_signal(number)
    output, errors = process.communicate(timeout=HANG_SECONDS)
    assert (process.returncode, output, errors) == (124, b"finally\ndeferred\n", NOTICE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("ask", ['prompt_user("?")', 'await(spawn { prompt_user("?") })'])
def test_a_signal_ends_the_wait_for_a_line_at_once(tmp_path, number, ask):
    process = start(tmp_path, f'println("ready")\ntry {{ {ask} }} finally {{ println("finally") }}\nprintln("never")')
    assert process.stdout is not None
    assert process.stdout.read(1) == b"?"
    wait_until_asleep(process)
    process.send_signal(number)
    process.wait(timeout=HANG_SECONDS)
    assert (process.returncode, process.stdout.read()) == (124, b"finally\n")
    process.communicate()


def test_a_program_that_fails_while_it_cleans_up_still_ends_with_124(tmp_path):
    process = start(tmp_path, 'try { println("ready")\nsleep(1h) } finally { throw "worse" }')
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 124


def test_cleaning_up_has_two_seconds(tmp_path):
    assert stop_signals.GRACE_SECONDS == 2
    source = 'try { println("ready")\nsleep(1h) } finally { sleep(1h) }'
    process = start(tmp_path, source, stop_signals.GRACE_SECONDS)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 124
    assert time.monotonic() - sent > 1.9


def test_a_second_signal_ends_it_at_once(tmp_path):
    process = start(tmp_path, 'try { println("ready")\nsleep(1h) } finally { println("slow")\nsleep(1h) }')
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == b"slow\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 124


def test_a_signal_may_interrupt_the_import_of_any_module():
    # `import` fails here for whatever the handler asks for, as it does for a module that is half way through its own.
    program = """
import builtins, os, signal, time
from harnpy.cli import stop_signals
stop_signals.GRACE_SECONDS = 0.0
real_import = builtins.__import__
def half_way(name, *rest):
    raise ImportError(f"cannot import {name} now")
def interrupt():
    builtins.__import__ = real_import
    print("interrupted", flush=True)
with stop_signals.StopSignals(interrupt):
    builtins.__import__ = half_way
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(3600)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=HANG_SECONDS, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (124, b"interrupted\n", NOTICE)


# A child that holds a pipe open for as long as it lives, and says so by a line.
HOLDING = "exec 3>alive; echo > up; sleep 1000 & wait"


def start_with_child(directory: Path, source: str) -> tuple[subprocess.Popen[bytes], int]:
    """A program with a child that lives, and a descriptor whose reading ends when the child is dead."""
    for name in ("alive", "up"):
        os.mkfifo(directory / name)
    reader = os.open(directory / "alive", os.O_RDONLY | os.O_NONBLOCK)
    process = start(directory, source.replace("CHILD", f'shell("{HOLDING}")'))
    (directory / "up").read_bytes()
    os.set_blocking(reader, True)
    return process, reader


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "body",
    [
        "CHILD",
        "parallel 2 { i -> if i == 0 { CHILD } }",
        "let h = spawn { CHILD }\nsleep(60s)",
        "await(spawn { CHILD })",
    ],
)
def test_a_signal_ends_child_processes_and_lets_finally_run(tmp_path, number, body):
    source = f'println("ready")\ntry {{ {body} }} finally {{ println("finally") }}\nprintln("never")'
    process, reader = start_with_child(tmp_path, source)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (124, b"finally\n", NOTICE)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_second_signal_ends_child_processes_too(tmp_path):
    source = """
println("ready")
let h = spawn { CHILD }
try { sleep(60s) } finally { println("slow")
  while true { } }
"""
    process, reader = start_with_child(tmp_path, source)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == b"slow\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 124
    assert os.read(reader, 1) == b""
    os.close(reader)
