"""What the http builtins make of replies: the result dict, bodies of every kind, broken replies, size caps."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path

import pytest
from http_fixtures import *  # noqa: F403
from http_programs import Caller
from http_server import HttpServer, answer, chunked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from provider_server import Cut, Reset

from harnpy.vm.errors import HarnError

BODY = "http: failed to read response body: "


def test_the_result_has_status_headers_body_and_ok(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer("hé".encode(), 201, ("X-Kind", "a b")))
    assert caller.get(url) == {
        "status": 201,
        "headers": {"content-length": "3", "x-kind": "a b"},
        "body": "hé",
        "ok": True,
    }


@pytest.mark.parametrize(
    ("status", "ok"), [(200, True), (204, True), (299, True), (300, False), (404, False), (599, False)]
)
def test_any_status_is_a_result(server: HttpServer, caller: Caller, status: int, ok: bool) -> None:
    body = b"" if status == 204 else b"b"
    result = caller.get(server.on("/", answer(body, status)))
    assert (result["status"], result["ok"], result["body"]) == (status, ok, body.decode())


def test_of_repeated_headers_the_last_counts_and_what_is_not_printable_is_dropped(
    server: HttpServer, caller: Caller
) -> None:
    head = b"HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nB: good\r\nB: b\xc3\xa9d\r\nC: \xff\r\nD: t\tb\r\nE:\r\nContent-Length: 0\r\n\r\n"
    headers = caller.get(server.on("/", head))["headers"]
    assert headers == {"a": "2", "b": "good", "d": "t\tb", "e": "", "content-length": "0"}


def test_cookies_are_shown_and_not_kept(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"", 200, ("set-cookie", "a=1")))
    assert caller.get(url)["headers"]["set-cookie"] == "a=1"
    caller.get(url)
    assert server.requests[-1].header("cookie") is None


def test_bad_utf8_is_replaced(server: HttpServer, caller: Caller) -> None:
    assert caller.get(server.on("/", answer(b"a\xff\xc3(\xf0\x9f")))["body"] == "a\ufffd\ufffd(\ufffd"


def test_line_breaks_and_byte_order_marks_stay(server: HttpServer, caller: Caller) -> None:
    assert caller.get(server.on("/", answer(b"\xef\xbb\xbfa\r\nb\x00")))["body"] == "\ufeffa\r\nb\x00"


def test_compressed_bodies_stay_compressed(server: HttpServer, caller: Caller) -> None:
    data = gzip.compress(b"hello", mtime=0)
    url = server.on("/", answer(data, 200, ("content-encoding", "gzip")))
    assert caller.get(url)["body"] == data.decode("utf-8", "replace")
    assert base64.b64decode(caller.get(url, response="base64")["body_base64"]) == data


def test_bytes_come_as_base64_when_asked_for(server: HttpServer, caller: Caller) -> None:
    data = bytes(range(256))
    result = caller.get(server.on("/", answer(data)), response="base64")
    assert (result["body"], base64.b64decode(result["body_base64"])) == ("", data)
    assert "body_base64" not in caller.get(f"{server.url}/", response="text")


def test_chunks_are_put_together(server: HttpServer, caller: Caller) -> None:
    assert caller.get(server.on("/", chunked(b"a", "é".encode()[:1], "é".encode()[1:], b"c")))["body"] == "aéc"


def test_a_body_without_a_length_ends_with_the_connection(server: HttpServer, caller: Caller) -> None:
    assert caller.get(server.on("/", [b"HTTP/1.1 200 OK\r\n\r\nto the", b" end", Cut()]))["body"] == "to the end"
    assert caller.get(server.on("/", [b"HTTP/1.0 200 OK\r\n\r\nold", Cut()]))["body"] == "old"


def test_interim_replies_are_passed_over(server: HttpServer, caller: Caller) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
    assert caller.get(server.on("/", interim + answer(b"at last")))["body"] == "at last"


def test_a_head_request_has_no_body_whatever_the_length_says(server: HttpServer, caller: Caller) -> None:
    result = caller.request("head", server.on("/", answer(b"", length=1000)))
    assert (result["status"], result["body"]) == (200, "")
    assert caller.request("head", server.on("/", answer(b"", length=7)))["headers"]["content-length"] == "7"


def test_long_headers_are_taken(server: HttpServer, caller: Caller) -> None:
    value = "x" * 100_000
    assert caller.get(server.on("/", answer(b"", 200, ("long", value))))["headers"]["long"] == value


def test_connections_are_used_again(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"a"))
    for _ in range(5):
        caller.get(url)
    server.on("/moved", answer(b"gone", 302, ("location", "/")))
    caller.get(f"{server.url}/moved")
    assert (len(server.requests), server.connections) == (7, 1)


def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used_again(
    server: HttpServer, caller: Caller
) -> None:
    url = server.on("/", [answer(b"and goodbye"), Cut()])
    for _ in range(3):
        assert caller.call("http_post", url)["body"] == "and goodbye"
        server.wait_until(lambda: server.open_connections == 0)  # the client's loop stands still


def test_connections_are_closed_with_the_runtime(server: HttpServer) -> None:
    with Caller() as caller:
        caller.get(server.on("/", answer(b"a")))
        assert server.open_connections == 1
    server.wait_until(lambda: server.open_connections == 0)


def test_two_runtimes_share_nothing(server: HttpServer) -> None:
    with Caller() as one, Caller() as two:
        url = server.on("/", answer(b"net"))
        one.call("http_mock", "*", "*", {"body": "mock"})
        assert [one.get(url)["body"], two.get(url)["body"]] == ["mock", "net"]


# --- broken replies --------------------------------------------------------------------------------------------------


def _refused_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_nobody_listens(caller: Caller) -> None:
    url = f"http://127.0.0.1:{_refused_port()}"
    assert caller.error("http_get", f"{url}/a?secret=1") == f"http: request failed: connection refused ({url}/a)"


def test_a_host_that_is_not_known(caller: Caller) -> None:
    error = caller.error("http_get", "http://nobody.invalid/")
    assert error == "http: request failed: dns error: cannot resolve the host name (http://nobody.invalid/)"


def test_the_connection_ends_before_the_reply(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", [Cut()])
    assert caller.error("http_post", url) == (
        f"http: request failed: connection closed by the server without a reply ({url})"
    )
    server.on("/", [Reset()])
    assert caller.error("http_post", url).startswith("http: request failed: connection ")


@pytest.mark.parametrize(
    "reply",
    [
        b"no http at all\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header line\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
    ],
)
def test_what_is_no_http_reply(server: HttpServer, caller: Caller, reply: bytes) -> None:
    assert caller.error("http_get", server.on("/", [reply, Cut()])).startswith("http: request failed: ")


def test_a_body_that_is_shorter_than_its_length(server: HttpServer, caller: Caller) -> None:
    error = caller.error("http_get", server.on("/", [answer(b"abc", length=10), Cut()]))
    assert error == f"{BODY}unexpected eof: the connection ended in the middle of the reply"


def test_bytes_after_a_reply_are_no_part_of_the_next_one(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"abcdef", length=3), answer(b"second"))
    assert caller.error("http_get", url) == f"http: request failed: not an HTTP reply: Bad status line ({url})"
    assert caller.get(url)["body"] == "second"


def test_a_chunked_body_that_is_cut_or_damaged(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", [*chunked(b"abc", end=b""), Cut()])
    assert caller.error("http_get", url).startswith(BODY)
    server.on("/", [*chunked(b"abc", end=b"zz\r\nnonsense\r\n"), Cut()])
    assert "Invalid character in chunk size" in caller.error("http_get", url)


def test_a_reset_in_the_body(server: HttpServer, caller: Caller) -> None:
    error = caller.error("http_get", server.on("/", [*chunked(b"abc", end=b""), Reset()]))
    assert error.startswith(BODY)


def test_broken_bodies_are_not_asked_for_again(server: HttpServer, caller: Caller) -> None:
    caller.error("http_get", server.on("/", [answer(b"abc", length=10), Cut()]), {"retries": 3})
    assert len(server.requests) == 1


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    pieces=st.lists(
        st.binary(max_size=8)
        | st.sampled_from(
            [b"HTTP/1.1 200 OK\r\n", b"\r\n", b"content-length: 3\r\n", b"transfer-encoding: chunked\r\n"]
        )
        | st.sampled_from(
            [b"location: /\r\n", b"HTTP/1.1 302 X\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b"content-length: -1\r\n"]
        ),
        max_size=8,
    )
)
def test_no_reply_whatever_leads_to_more_than_an_error_text(
    server: HttpServer, caller: Caller, pieces: list[bytes]
) -> None:
    url = server.on("/", [b"".join(pieces), Cut()])
    try:
        result = caller.get(url)
        assert sorted(result) == ["body", "headers", "ok", "status"]
    except HarnError as error:
        assert type(error.caught) is str
        assert error.caught.startswith("http: ")


# --- size caps -------------------------------------------------------------------------------------------------------


def test_a_body_may_have_max_bytes_and_not_more(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"12345"))
    assert caller.get(url, max_bytes=5)["body"] == "12345"
    assert caller.error("http_get", url, {"max_bytes": 4, "retries": 5}) == (
        f"{BODY}the answer is larger than 4 bytes (option `max_bytes`, or `save_to` for a file)"
    )
    assert len(server.requests) == 2


def test_an_endless_body_ends_at_the_default_cap(
    server: HttpServer, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harnpy.builtins.http_options.DEFAULT_MAX_BYTES", 1_000_000)
    endless = _Endless(b"%x\r\n%s\r\n" % (65536, b"x" * 65536))
    error = caller.error("http_get", server.on("/", endless))
    assert error.startswith(f"{BODY}the answer is larger than 1,000,000 bytes")
    server.wait_until(lambda: server.departures == 1)


class _Endless(list[bytes]):
    """The pieces of a chunked reply that never ends."""

    def __init__(self, chunk: bytes) -> None:
        self._chunk = chunk

    def __iter__(self):  # type: ignore[no-untyped-def]
        yield b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        while True:
            yield self._chunk


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_reply_is_saved_to_a_file(server: HttpServer, caller: Caller, tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    path = tmp_path / "page.bin"
    result = caller.get(server.on("/", chunked(data, data)), save_to=str(path))
    assert (result["body"], result["ok"], result["saved"], result["bytes"]) == ("", True, str(path), 512_000)
    assert path.read_bytes() == data + data
    assert [each.name for each in tmp_path.iterdir()] == ["page.bin"]


def test_a_relative_path_starts_from_the_execution_root(server: HttpServer, caller: Caller, tmp_path: Path) -> None:
    from harnpy.builtins.file_access import ExecutionContext

    caller.fiber.task.get(ExecutionContext).directory = str(tmp_path)
    assert caller.get(server.on("/", answer(b"x")), save_to="a")["saved"] == f"{tmp_path}/a"
    assert (tmp_path / "a").read_bytes() == b"x"


def test_files_may_be_larger_than_the_default_cap_but_not_than_their_own(
    server: HttpServer, caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harnpy.builtins.http_options.DEFAULT_MAX_BYTES", 4)
    url, path = server.on("/", answer(b"123456")), str(tmp_path / "a")
    assert caller.get(url, save_to=path)["bytes"] == 6
    assert "larger than 5 bytes" in caller.error("http_get", url, {"save_to": path, "max_bytes": 5})
    assert (tmp_path / "a").read_bytes() == b"123456"


def test_a_reply_that_is_no_success_is_not_saved(server: HttpServer, caller: Caller, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    result = caller.get(server.on("/", answer(b"not here", 404)), save_to=str(path))
    assert (result["status"], result["body"], result["saved"], result["bytes"]) == (404, "not here", None, 0)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a", "old")]


def test_a_failure_leaves_what_was_there_and_nothing_else(server: HttpServer, caller: Caller, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    caller.error("http_get", server.on("/", [answer(b"abc", length=10), Cut()]), {"save_to": str(path)})
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a", "old")]


def test_a_retry_begins_the_file_anew(server: HttpServer, caller: Caller, tmp_path: Path) -> None:
    url = server.on("/", answer(b"broken, and longer than the page", 503), answer(b"page"))
    assert caller.get(url, save_to=str(tmp_path / "a"), retries=1)["bytes"] == 4
    assert (tmp_path / "a").read_text() == "page"


def test_a_new_file_has_the_usual_permissions_and_an_old_one_keeps_its_own(
    server: HttpServer, caller: Caller, tmp_path: Path
) -> None:
    url = server.on("/", answer(b"x"))
    (tmp_path / "usual").touch()
    (tmp_path / "mine").touch(0o640)
    (tmp_path / "mine").chmod(0o640)
    for name in ("new", "mine"):
        caller.get(url, save_to=str(tmp_path / name))
    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert modes["new"] == modes["usual"]
    assert modes["mine"] == 0o640


def test_a_link_is_followed(server: HttpServer, caller: Caller, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    caller.get(server.on("/", answer(b"x")), save_to=str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "x"


def test_nothing_is_asked_for_when_the_file_cannot_be_written(
    server: HttpServer, caller: Caller, tmp_path: Path
) -> None:
    import os

    url = server.on("/", answer(b"x"))
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for path, why in {
        f"{tmp_path}/no/a": "No such file or directory (os error 2)",
        f"{tmp_path}/file/a": "Not a directory (os error 20)",
        f"{tmp_path}": "Is a directory (os error 21)",
        f"{tmp_path}/new/": "Is a directory (os error 21)",
        f"{tmp_path}/pipe": "what is there is no regular file",
        f"{tmp_path}/a\x00": "file name contained an unexpected NUL byte",
    }.items():
        assert caller.error("http_get", url, {"save_to": path}) == f"http: failed to write {path}: {why}"
    assert server.requests == []
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "pipe"]
