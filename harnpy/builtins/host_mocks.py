"""Mocks of host operations, for tests, and the log of the calls that they have answered."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.vm.compare import equal
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.vm.fiber import Fiber

_CONFIG_KEYS = ("result", "params", "error")


class HostMock(Record):
    """Answers calls of an operation that have all these params with equal values; None answers every call."""

    capability: str
    operation: str
    params: dict[str, Value] | None
    result: Value
    error: str

    def answers(self, capability: str, operation: str, params: dict[str, Value]) -> bool:
        """Whether a call is for this mock."""
        if (capability, operation) != (self.capability, self.operation):
            return False
        expected = self.params or {}
        return all(key in params and equal(params[key], value) for key, value in expected.items())


class HostMocks:
    """The mocks of a runtime, in the order of their registration, and `{capability, operation, params}` of each answer."""

    def __init__(self) -> None:
        self.rules: list[HostMock] = []
        self.calls: list[Value] = []

    def find(self, capability: str, operation: str, params: dict[str, Value]) -> HostMock | None:
        """The mock that answers a call, which is then in the log: the latest of those that match."""
        for rule in reversed(self.rules):
            if rule.answers(capability, operation, params):
                self.calls.append({"capability": capability, "operation": operation, "params": params})
                return rule
        return None

    def operations(self) -> Iterator[tuple[str, str]]:
        """The capability and the operation of every mock."""
        return ((rule.capability, rule.operation) for rule in self.rules)


@builtin("host_mock(capability: string, operation: string, response?: any, params?: dict) -> nil")
def host_mock(
    fiber: Fiber, capability: Value = "", operation: Value = "", response: Value = None, params: Value = None
) -> None:
    """Lets response answer `host_call("CAPABILITY.OPERATION")`; with params only calls that have these with equal values.

    A response with one of the keys `result`, `params` and `error` is a rule: its `params` are what the call must have, an
    `error` that is not empty is thrown, else `result` is the answer. The latest rule that matches wins. Throws when capability
    or operation is empty.
    """
    names = display(capability), display(operation)
    if not all(names):
        raise thrown("host_mock: capability and operation are required")
    error = ""
    if type(response) is dict and any(key in response for key in _CONFIG_KEYS):
        params = response.get("params")
        error = display(response["error"]) if response.get("error") is not None else ""
        response = response.get("result")
    expected = params if type(params) is dict else None
    fiber.runtime.state(HostMocks).rules.append(HostMock(*names, expected, response, error))


@builtin("host_mock_clear() -> nil")
def host_mock_clear(fiber: Fiber) -> None:
    """Removes all mocks of host operations, and the log of their calls."""
    mocks = fiber.runtime.state(HostMocks)
    mocks.rules.clear()
    mocks.calls.clear()


@builtin("host_mock_calls() -> list")
def host_mock_calls(fiber: Fiber) -> list[Value]:
    """`{capability, operation, params}` of every `host_call` that a mock has answered, in order."""
    return list(fiber.runtime.state(HostMocks).calls)
