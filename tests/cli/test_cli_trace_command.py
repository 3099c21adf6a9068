"""`harn trace` as people call it: what it prints, the page that it writes, and files that it can make nothing of."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import time
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from harn_process import COMMAND, Ended, environment, harn, write
from trace_runs import EventMaker, agent_run, large_run

from harnpy.cli.trace_text import columns_of

HOSTILE = (
    "</script><script>document.title='x'</script></pre></details>\"'><img src=x onerror=alert(1)>&lt;"
    "\x1b[31mred\x1b]0;title\x07\x00\x7f\x9b31m\r\n\t\u202eright\u2028\ud800\U000e0041 日本語"
)


def trace(path: Path, *words: str, **variables: str) -> Ended:
    return harn("trace", *words, path.name, cwd=path.parent, **variables)


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    return agent_run().write(tmp_path / "run.jsonl")


def hostile_run() -> EventMaker:
    """A run every text of which is hostile."""
    run, bad = EventMaker(), HOSTILE
    run.tell("agent_start", agent_id=bad, name=bad, parent_id=None, test=bad)
    common = {"agent_id": bad, "iteration": 1, "test": bad}
    run.call(bad, 1, 0.1, bad, model=bad, provider=bad, stop_reason=bad)
    call = run.begin_call(bad, 1, prompt=bad, model=bad, provider=bad, test=bad)
    run.tell("retry", call_id=call, duration_ms=1, category=bad, error=bad, wait_ms=1)
    call = run.begin_call(bad, 1, retry_of=call, prompt=bad, test=bad)
    run.tell("call_end", call_id=call, status=bad, category=bad, error=bad, duration_ms=1, test=bad)
    told = {"tool_name": bad, "arguments": bad, "result": bad, "classification": bad, "tool_use_id": bad}
    run.tell("tool_start", tool_name=bad, arguments=bad, tool_use_id=bad, **common)
    run.tell("tool", duration_ms=1, status="ok", **told, **common)
    run.tell("tool", duration_ms=1, status=bad, **told, **common)
    run.tell("tool_rejected", tool_name=bad, reason=bad, **common)
    run.tell("tool_not_run", tool_name=bad, tool_use_id=bad, kind=bad, reason=bad, arguments=bad, **common)
    run.tell("intervention", tool_name=bad, kind=bad, count=1, **common)
    run.tell("phase", from_phase=bad, to_phase=bad, **common)
    run.tell("message", role=bad, text=bad, **common)
    run.tell("message", role="assistant", text=bad, **common)
    run.tell("interpreted", tool_format=bad, tool_calls=1, tool_parse_errors=[bad], **common)
    run.tell("schema_retry", attempt=1, errors=[bad], nudge_used=True, test=bad)
    run.tell(bad)
    tools = {"tools_used": [bad], "successful_tools": [bad]}
    run.tell("agent_end", agent_id=bad, status=bad, iterations=1, duration_ms=1, test=bad, **tools)
    return run


def test_a_run_is_a_timeline_with_totals_and_final_states(run_file: Path):
    ended = trace(run_file)
    assert (ended.status, ended.errors) == (0, "")
    assert (
        ended.output
        == """\
run.jsonl · 2027-01-15 08:00:00 UTC · 5.90 s · 5 turns · 5 calls · 4 tools
5,000 tokens in, 250 out · cost $0.0090+? · 1 retry · 2 errors
No price is known for 2 answers; the cost is without them.

  █ call ▒ tool ◆ event        0              5.90 s    time    in/out      cost
  agent planner: done          ━━━━━━━━━━━━━━━━━━━━━  5.90 s  5.0k/250 $0.0090+?
    turn 1                     ───────                2.00 s   1.0k/50   $0.0030
      gpt-4o I read <the> fil… ██████                 1.70 s   1.0k/50   $0.0030
↻       attempt 1: overloaded  ▓                      400 ms
          Error [overloaded]: the provider is busy
        attempt 2                 ▓▓▓                 800 ms
      read {"path":"a.py"}           ▒                200 ms
✗     read: error                    ▒                100 ms
        Error: no such file: b.py
    turn 2                            ───────────     3.00 s  3.0k/150 $0.0030+?
      gpt-4o I ask a helper.          ████            1.00 s   1.0k/50   $0.0030
✗     agent helper: budget_ex…           ━━━━━━━━     2.00 s  2.0k/100         ?
        turn 1                           ────         1.00 s   1.0k/50         ?
          claude-haiku-4-5 fi…           ███          700 ms   1.0k/50         ?
          search {"path":"a.p…              ▒         300 ms
        turn 2                               ────     1.00 s   1.0k/50         ?
          claude-haiku-4-5 fi…               ███      700 ms   1.0k/50         ?
          search {"path":"a.p…                 ▒▒     300 ms
·         repetition: warn se…                  ◆
✗     rm: rejected                              ▒       0 ms
        Tool 'rm' is not permitted.
·     compaction about 1200 t…                  ◆
    turn 3                                      ────  900 ms   1.0k/50   $0.0030
      gpt-4o All tests pass.                    ████  900 ms   1.0k/50   $0.0030

Models
  gpt-4o: 3 calls, 3.60 s, 3.0k/150, $0.0090
  claude-haiku-4-5: 2 calls, 1.40 s, 2.0k/100, ?

Agents
  planner: done, 5 turns, 5 calls, 4 tools, 5.90 s, 5.0k/250, $0.0090+?
    All tests pass.
    helper: budget_exhausted, 2 turns, 2 calls, 2 tools, 2.00 s, 2.0k/100, ?
      fine
  What an agent used includes what the agents that it started used.
"""
    )


def test_what_a_real_run_writes_is_shown(tmp_path: Path):
    program = """
    llm_mock({text: "one", input_tokens: 1200, output_tokens: 30, model: "gpt-4o"})
    llm_mock({error: {category: "overloaded", message: "busy"}})
    llm_mock({text: "two", input_tokens: 10, output_tokens: 20, model: "gpt-4o"})
    llm_call("First question", nil, {provider: "mock"})
    parallel each ["b", "c"] { x -> llm_call("Say ${x}", nil, {provider: "mock", llm_backoff_ms: 1}) }
    """
    write(tmp_path, "a.harn", program)
    assert harn("run", "--events", "e", "a.harn", cwd=tmp_path).status == 0
    ended = trace(tmp_path / "e")
    assert (ended.status, ended.errors) == (0, "")
    assert " · 3 calls · " in ended.output and " · 1 retry" in ended.output
    assert re.search(r"^  gpt-4o First question .*  1\.2k/30   \$0\.0033$", ended.output, re.MULTILINE)
    assert re.search(
        r"^↻   attempt 1: overloaded .* ms\n      Error \[overloaded\]: busy\n    attempt 2 ", ended.output, re.M
    )


@pytest.mark.parametrize("columns", [60, 80, 140])
@pytest.mark.parametrize("make", [agent_run, hostile_run])
def test_no_line_is_wider_than_the_terminal(tmp_path: Path, make, columns: int):
    ended = trace(make().write(tmp_path / "e"), COLUMNS=str(columns))
    assert ended.status == 0
    states = ended.output.index("\nAgents\n")
    for line in ended.output[:states].splitlines():
        assert columns_of(line) <= columns, line


def test_no_text_of_the_events_controls_the_terminal(tmp_path: Path):
    for words in ((), ("--json",)):
        ended = trace(hostile_run().write(tmp_path / "e"), *words)
        assert ended.status == 0
        assert "[31mred" in ended.output
        controls = {char for char in ended.output if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert controls == {"\n"}


def on_a_terminal(path: Path, **variables: str) -> str:
    master, slave = pty.openpty()
    command = [*COMMAND, "trace", path.name]
    done = subprocess.Popen(command, cwd=path.parent, env=environment(**variables), stdout=slave, stdin=slave)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:
        pass  # how Linux says that nobody has the other end any more
    assert done.wait() == 0
    os.close(master)
    return shown.decode()


def test_colours_are_for_terminals_without_no_color(run_file: Path):
    coloured = on_a_terminal(run_file)
    assert "\x1b[31m✗     rm: rejected" in coloured
    assert "\x1b" not in on_a_terminal(run_file, NO_COLOR="1")
    assert "\x1b" not in trace(run_file).output
    bare = re.sub(r"\x1b\[\d+m", "", coloured).replace("\r\n", "\n")
    assert [line.rstrip() for line in bare.splitlines()] == trace(run_file).output.splitlines()


def test_a_run_that_was_killed_while_a_tool_hung_shows_that_tool(tmp_path: Path):
    write(
        tmp_path,
        "a.harn",
        """
        llm_mock({text: "<tool_call>hang({ minutes: 5 })</tool_call>"})
        let tools = tool_define(tool_registry(), "hang", "", {
          parameters: {minutes: "int"},
          handler: { args -> receive(channel("never", 1)) },
        })
        spawn { while true { sleep(1s) } }
        agent_loop("x", nil, {tools: tools, provider: "mock"})
        """,
    )
    events = tmp_path / "run.jsonl"
    words = [*COMMAND, "run", "--events", str(events), "a.harn"]
    process = subprocess.Popen(words, cwd=tmp_path, env=environment())
    try:
        while not (events.exists() and b'"tool_start"' in events.read_bytes()):
            assert process.poll() is None
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    tree = json.loads(trace(events, "--json").output)
    (agent,) = tree["spans"]
    tool = agent["children"][0]["children"][-1]
    assert (tool["kind"], tool["name"], tool["outcome"], tool["gist"]) == (
        "tool",
        "hang",
        "unfinished",
        '{"minutes":5}',
    )


def test_a_run_that_was_killed_is_shown_as_far_as_it_goes(run_file: Path):
    whole = run_file.read_bytes()
    for size in (len(whole) * 2 // 3, len(whole) // 2, 200):
        run_file.write_bytes(whole[:size])
        ended = trace(run_file)
        assert (ended.status, ended.errors) == (0, "")
        assert "The last line is cut off: the run was killed, or is still going.\n" in ended.output
        assert "… agent planner: unfinished" in ended.output
        assert "  planner: unfinished, " in ended.output


def test_types_that_are_not_known_are_counted_and_named(tmp_path: Path):
    run = agent_run()
    run.tell("checkpoint")
    run.tell("checkpoint")
    said = "Not shown: events of types that this version does not know: checkpoint (2)."
    assert said in " ".join(trace(run.write(tmp_path / "e")).output.split())


def test_an_empty_file_is_a_run_without_model_calls(tmp_path: Path):
    path = write(tmp_path, "e", "")
    ended = trace(path)
    assert (ended.status, ended.output, ended.errors) == (0, "e · no events: the run made no model call\n", "")
    assert json.loads(trace(path, "--json").output)["spans"] == []
    assert trace(path, "--html").status == 0
    assert "no events: the run made no model call" in (tmp_path / "e.html").read_text()


def test_the_tree_is_there_as_json(run_file: Path):
    shown = json.loads(trace(run_file, "--json").output)
    assert (shown["duration_ms"], shown["usage"]["calls"], shown["usage"]["cost_usd"]) == (5900, 5, 0.009)
    (planner,) = shown["spans"]
    assert (planner["kind"], planner["name"], planner["id"], planner["status"]) == ("agent", "planner", "a", "done")
    tool = planner["children"][0]["children"][2]
    assert (tool["kind"], tool["outcome"], tool["status"], tool["start_ms"]) == ("tool", "failed", "error", 1900)
    assert tool["texts"][1] == {"label": "result", "text": "Error: no such file: b.py"}
    assert [agent["status"] for agent in shown["agents"]] == ["done", "budget_exhausted"]


def test_one_agent_is_shown_by_name_or_id(run_file: Path):
    by_name, by_id = trace(run_file, "--agent", "helper"), trace(run_file, "--agent=b")
    assert by_name == by_id
    assert " · 2.00 s · 2 turns · 2 calls · 2 tools\n" in by_name.output
    assert "planner" not in by_name.output
    ended = trace(run_file, "--agent", "nobody")
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "error: no agent is called 'nobody'\n\n  hint: agents of this run: planner, helper\n"


def test_standard_input_is_read(run_file: Path):
    ended = harn("trace", "-", input=run_file.read_text())
    assert ended.output.startswith("standard input · 2027-01-15 08:00:00 UTC · ")
    assert ended.output.partition("\n\n")[2] == trace(run_file).output.partition("\n\n")[2]
    page = harn("trace", "--html", "-", "-", input=run_file.read_text())
    assert page.output.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("none", None, "cannot read none: No such file or directory (os error 2)\n"),
        (".", None, "cannot read .: Is a directory (os error 21)\n"),
        (
            "a.txt",
            "hello\n",
            "a.txt is no file of events: line 1 is not JSON\n\n  hint: `harn run --events FILE` writes one\n",
        ),
        (
            "a.json",
            "[1]",
            "a.json is no file of events: line 1 is no JSON object\n\n  hint: `harn run --events FILE` writes one\n",
        ),
        ("a\x1bb", None, "cannot read a\\u{1b}b: No such file or directory (os error 2)\n"),
    ],
)
def test_what_is_no_file_of_events_is_an_error(tmp_path: Path, name: str, content: str | None, error: str):
    if content is not None:
        write(tmp_path, name, content)
    ended = harn("trace", name, cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (1, "", f"error: {error}")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((), "the following required arguments were not provided: FILE"),
        (("--html", "--json", "e"), "the argument '--html' cannot be used with '--json'"),
        (("e", "out.html"), "unexpected argument 'out.html' found"),
        (("--html", "-"), "the following required arguments were not provided: OUT"),
        (("--html", "e.html"), "the page would replace its events: e.html"),
        (("--html", "e", "./e"), "the page would replace its events: ./e"),
        (("--agent", "--json", "e"), "a value is required for '--agent <NAME>' but none was supplied"),
    ],
)
def test_usage_errors_have_status_2_and_write_nothing(tmp_path: Path, words: tuple[str, ...], error: str):
    for name in ("e", "e.html"):
        agent_run().write(tmp_path / name)
    before = (tmp_path / "e.html").read_text()
    ended = harn("trace", *words, cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors.splitlines()[0]) == (2, "", f"error: {error}")
    assert (tmp_path / "e.html").read_text() == before and sorted(os.listdir(tmp_path)) == ["e", "e.html"]


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self._pieces: list[str] = []
        self.preformatted: list[str] = []
        self.feed(page)
        self.close()
        self.text = "".join(self._pieces)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)
        if tag == "pre":
            self.preformatted.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self._pieces.append(data)
        if "pre" in self.open:
            self.preformatted[-1] += data


ELEMENTS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "table", "tr", "th", "td"}
ELEMENTS |= {"div", "span", "i", "b", "details", "summary", "pre", "label", "input"}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "style", "title", "open", "type", "id"}


def page_of(path: Path, *words: str) -> Page:
    ended = trace(path, "--html", *words)
    out = path.with_suffix(".html")
    assert (ended.status, ended.output, ended.errors) == (0, f"{out.name}\n", "")
    page = Page(out.read_text(encoding="utf-8"))
    assert page.open == []
    return page


@pytest.mark.parametrize("make", [agent_run, hostile_run, lambda: large_run(2000)])
def test_the_page_needs_nothing_else_and_runs_nothing(tmp_path: Path, make):
    page = page_of(make().write(tmp_path / "e"))
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    style = (tmp_path / "e.html").read_text().partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style and "@import" not in style
    assert page.elements[3] == (
        "meta",
        {
            "http-equiv": "Content-Security-Policy",
            "content": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
        },
    )


def test_hostile_texts_are_on_the_page_as_texts(tmp_path: Path):
    page = page_of(hostile_run().write(tmp_path / "e"))
    (shown,) = {text for text in page.preformatted if text.startswith("\n</script>")}
    assert shown.startswith(
        "\n</script><script>document.title='x'</script></pre></details>\"'><img src=x onerror=alert(1)>&lt;"
    )
    assert "\\u{1b}[31mred" in shown and shown.endswith("\n\t\\u{202e}right\\u{2028}\\u{d800}\\u{e0041} 日本語")
    assert not any(unicodedata.category(char) in ("Cf", "Cs", "Zl", "Zp") for char in page.text)
    assert {char for char in page.text if unicodedata.category(char) == "Cc"} == {"\n", "\t"}


def test_the_page_shows_what_the_timeline_shows(run_file: Path):
    page = page_of(run_file)
    for shown in (
        "planner",
        "budget_exhausted",
        "$0.0090+?",
        "5,000 tokens in",
        "2 errors",
        "Tool 'rm' is not permitted.",
    ):
        assert shown in page.text
    assert "\nI read <the> file." in page.preformatted
    bars = [attributes["style"] for tag, attributes in page.elements if tag == "i" and attributes.get("class") == "bar"]
    assert bars[0] == "--s:0.000%;--w:100.000%"
    assert bars[5:7] == ["--s:28.814%;--w:3.390%", "--s:32.203%;--w:1.695%"]


def test_a_large_page_opens_only_the_turns_in_which_something_went_wrong(tmp_path: Path):
    def turns(page: Page) -> list[tuple[bool, bool]]:
        found = [attributes for tag, attributes in page.elements if tag == "details"]
        classes = [(str(attributes["class"]).split(), "open" in attributes) for attributes in found]
        return [("has-bad" in words, is_open) for words, is_open in classes if "turn" in words]

    assert all(is_open for _, is_open in turns(page_of(agent_run().write(tmp_path / "small"))))
    large = turns(page_of(large_run(4_000).write(tmp_path / "large")))
    assert len(large) > 800 and all(bad == is_open for bad, is_open in large)
    assert 0 < sum(is_open for _, is_open in large) < 80
    assert (tmp_path / "large.html").stat().st_size < 3_200_000


def test_a_page_that_cannot_be_written_is_an_error(run_file: Path):
    ended = harn("trace", "--html", "run.jsonl", "none/out.html", cwd=run_file.parent)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "error: cannot write none/out.html: No such file or directory (os error 2)\n"
