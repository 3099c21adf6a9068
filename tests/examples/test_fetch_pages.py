"""The example that fetches pages, against a server that fails now and then."""

from __future__ import annotations

from pathlib import Path

from example_runs import run_example
from http_server import HttpServer, answer, chunked, redirect
from provider_server import Cut


def test_pages_are_fetched_again_until_they_come_and_saved(tmp_path: Path) -> None:
    with HttpServer() as server:
        server.on("/", [Cut()], answer(b"<h1>home</h1>"))
        server.on("/busy.txt", answer(b"", 503), answer(b"", 500), answer(b"at last"))
        server.on("/moved", redirect("/busy2"))
        server.on("/busy2", chunked(b"a" * 70_000, b"b" * 70_000))
        server.on("/missing.html", answer(b"nothing", 404))
        server.on("/cut.bin", [answer(b"abc", length=10), Cut()])
        urls = [server.url + path for path in ("/", "/busy.txt?v=1", "/moved", "/missing.html", "/cut.bin")]
        finished = run_example("fetch_pages.harn", str(tmp_path / "pages"), *urls)
        agents = {request.header("user-agent") for request in server.requests}
    home, busy, moved, missing, cut = urls
    assert (finished.stdout.splitlines(), finished.stderr, finished.returncode) == (
        [
            f"{home}: 13 bytes in index.html",
            f"{busy}: 7 bytes in busy.txt",
            f"{moved}: 140000 bytes in moved",
            f"{missing}: status 404",
            f"{cut}: http: failed to read response body: unexpected eof: the connection ended in the middle of the reply",
            "3 of 5 pages saved",
        ],
        "",
        1,
    )
    saved = {each.name: each.read_bytes() for each in (tmp_path / "pages").iterdir()}
    assert saved == {
        "index.html": b"<h1>home</h1>",
        "busy.txt": b"at last",
        "moved": b"a" * 70_000 + b"b" * 70_000,
    }
    assert agents == {"harn fetch_pages example"}


def test_it_says_how_to_be_used() -> None:
    finished = run_example("fetch_pages.harn")
    assert finished.stdout.startswith("usage: ")
    assert finished.returncode == 2
