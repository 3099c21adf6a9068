"""A model server for the newsroom example, run as a process of its own: the OpenAI chat protocol on loopback.

It prints its port on the first line. Answers depend only on the prompt. The first verdict on the lighthouse is no
JSON, and the first request about the harbour is refused as overloaded, so that the example's retries are needed.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VERDICTS = {
    "lighthouse": {"desk": "world", "urgency": 2, "headline": "Lighthouse opens after nine years"},
    "octopuses": {"desk": "science", "urgency": 1, "headline": "Octopuses know who feeds them"},
    "home team": {"desk": "sports", "urgency": 3, "headline": "Home team wins in last minute"},
    "old bridge": {"desk": "world", "urgency": 2, "headline": "Bridge closed until spring"},
    "harbour": {"desk": "world", "urgency": 3, "headline": "Ships wait as pilots talk pay"},
}


class Newsroom(BaseHTTPRequestHandler):
    seen: set[str] = set()
    lock = threading.Lock()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompts = [message["content"] for message in body["messages"] if message["role"] == "user"]
        text = self.answer(prompts[0])
        if text is None:
            self.respond(529, "application/json", b'{"error":{"message":"overloaded, try again"}}')
        elif body.get("stream"):
            self.respond(200, "text/event-stream", b"".join(sse(chunk) for chunk in chunks(text)) + b"data: [DONE]\n\n")
        else:
            reply = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}
            self.respond(200, "application/json", json.dumps({**reply, "usage": USAGE}).encode())

    def answer(self, prompt: str) -> str | None:
        """The text for a prompt; None refuses."""
        for word, verdict in VERDICTS.items():
            if word in prompt:
                with self.lock:
                    first = word not in self.seen
                    self.seen.add(word)
                if first and word == "harbour":
                    return None
                return "It opened tonight!" if first and word == "lighthouse" else json.dumps(verdict)
        return "Good night from the newsroom" if "Good night" in prompt else "I would rather not say."

    def respond(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


USAGE = {"prompt_tokens": 20, "completion_tokens": 10}


def sse(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


def chunks(text: str) -> list[dict[str, Any]]:
    words = text.split(" ")
    pieces = [word if index == len(words) - 1 else word + " " for index, word in enumerate(words)]
    events: list[dict[str, Any]] = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    events.append({"choices": [], "usage": USAGE})
    return events


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Newsroom)
    print(server.server_address[1], flush=True)
    server.serve_forever()
