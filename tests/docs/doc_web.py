"""A web of a few pages for programs in the documentation: a proxy on a loopback socket that answers for any host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@contextmanager
def web(description: str) -> Iterator[dict[str, str]]:
    """Serve the pages of a description, one a line: `URL STATUS TEXT`; all others are 404.

    Gives the environment variables that lead programs there. URLs have the scheme http, which a proxy can see into.
    """
    pages = {}
    for line in description.splitlines():
        url, status, text = line.split(" ", 2)
        pages[url] = (int(status), text)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = pages.get(self.path, (404, "nothing here"))
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if text.startswith("{") else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *words: object) -> None:
            """Say nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield {"http_proxy": f"http://127.0.0.1:{server.server_port}"}
        finally:
            server.shutdown()
            thread.join()
