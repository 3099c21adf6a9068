"""`host_call` and what there is to call: operations of the host that a program runs under, of mocks, or of the runtime."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.host_mocks import HostMocks
from harnpy.builtins.host_operations import LISTED, perform
from harnpy.builtins.host_requests import call_host, host_manifest
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_MOCKED_CAPABILITY = "Mocked host capability registered at runtime for tests."
_MOCKED_OPERATION = "Mocked host operation registered at runtime for tests."


@builtin(
    "host_call(name: string, params?: any) -> any",
    effects={"env", "fs.read", "host", "input", "output", "process"},
    unvalidated=True,
)
def host_call(fiber: Fiber, name: Value = "", params: Value = MISSING) -> Value:
    """Does the host operation called `CAPABILITY.OPERATION` and gives its result.

    Without a host, mocks (`host_mock`) answer first; then there are `process.exec` ({command, timeout?}: a script for the
    shell), `template.render` ({path, bindings?}), `interaction.ask` ({question}), `runtime.task` and `runtime.set_result`.
    Throws for an operation that there is not, and for a required parameter that is missing.
    """
    operation = display(name)
    if fiber.runtime.host is not None:
        return call_host(fiber, operation, None if params is MISSING else params)
    capability, dot, rest = operation.partition(".")
    if not dot:
        raise thrown(f"host_call: unsupported operation name '{operation}'")
    given = params if type(params) is dict else {}
    mock = fiber.runtime.state(HostMocks).find(capability, rest, given)
    if mock is None:
        return perform(fiber, capability, rest, given)
    if mock.error:
        raise thrown(mock.error)
    return mock.result


@builtin("host_capabilities() -> dict", effects={"host"})
def host_capabilities(fiber: Fiber) -> dict[str, Value]:
    """What `host_call` can do: capability -> `{description, ops, operations}`, ops a list of names.

    `operations` has the description of each; a host may tell less.
    """
    return dict(_capabilities(fiber))


@builtin("host_has(capability: string, operation?: string) -> bool", effects={"host"})
def host_has(fiber: Fiber, capability: Value = "", operation: Value = None) -> bool:
    """Whether there is a capability, and if an operation is named, whether it has that."""
    offered = _capabilities(fiber).get(display(capability))
    if offered is None or operation is None:
        return offered is not None
    names = offered.get("ops")
    return isinstance(names, list) and display(operation) in names


def _capabilities(fiber: Fiber) -> dict[str, Value]:
    if fiber.runtime.host is not None:
        return host_manifest(fiber)
    offered = {name: (description, dict(operations)) for name, (description, operations) in LISTED.items()}
    for capability, operation in fiber.runtime.state(HostMocks).operations():
        _, operations = offered.setdefault(capability, (_MOCKED_CAPABILITY, {}))
        operations[operation] = _MOCKED_OPERATION
    return {
        name: {
            "description": description,
            "ops": list(operations),
            "operations": {operation: {"description": text} for operation, text in operations.items()},
        }
        for name, (description, operations) in offered.items()
    }
