"""Scripted answers to HTTP calls, for tests of programs that make some. A call that a rule answers goes nowhere else."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.arguments import int_or
from harnpy.builtins.star_globs import star_matches
from harnpy.records import Record
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.builtins.http_bodies import Body
    from harnpy.vm.fiber import Fiber


class MockReply(Record):
    """headers is what the program gave."""

    status: int
    headers: dict[str, Value]
    body: str


class MockRule(Record):
    """method is in upper case, or a star for all of them; url is a glob."""

    method: str
    url: str
    reply: MockReply

    def fits(self, method: str, url: str) -> bool:
        return self.method in ("*", method) and star_matches(self.url, url)


class HttpMocks:
    """The rules of a runtime in the order of their making, and the calls that they have answered."""

    def __init__(self) -> None:
        self.rules: list[MockRule] = []
        self.calls: list[tuple[str, str, str | None]] = []

    def answer(self, method: str, url: str, body: Body | None) -> MockReply | None:
        """What the first rule that fits answers, and the call is noted; None if none fits. method is in upper case."""
        for rule in self.rules:
            if rule.fits(method, url):
                self.calls.append((method, url, None if body is None else body.text()))
                return rule.reply
        return None


@builtin("http_mock(method: string, url_pattern: string, response: dict) -> nil")
def http_mock(fiber: Fiber, method: Value = "", url_pattern: Value = "", response: Value = None) -> None:
    """Lets calls of the http builtins be answered without a network. Returns nil.

    method is a verb in any case, or `*` for all. In url_pattern each `*` stands for any run of characters; without one it
    is the very URL. response may have `status` (200), `body` (as text, `""`) and `headers` (`{}`). The first rule that
    fits answers, as often as it is asked; a call that none fits goes to the network.
    """
    given = response if type(response) is dict else {}
    body, headers = given.get("body"), given.get("headers")
    reply = MockReply(
        int_or(given.get("status"), 200),
        headers if type(headers) is dict else {},
        "" if body is None else display(body),
    )
    fiber.runtime.state(HttpMocks).rules.append(MockRule(display(method).upper(), display(url_pattern), reply))


@builtin("http_mock_clear() -> nil")
def http_mock_clear(fiber: Fiber) -> None:
    """Removes all rules of `http_mock` and forgets the calls that they have answered. Returns nil."""
    mocks = fiber.runtime.state(HttpMocks)
    mocks.rules.clear()
    mocks.calls.clear()


@builtin("http_mock_calls() -> list")
def http_mock_calls(fiber: Fiber) -> list[Value]:
    """The calls that rules of `http_mock` have answered, in order: `{method, url, body}`; body is nil if none was sent."""
    return [{"method": method, "url": url, "body": body} for method, url, body in fiber.runtime.state(HttpMocks).calls]
