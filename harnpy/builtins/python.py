"""What Python objects need beyond what the language does to them: threads, context managers, conversion on request."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import HarnError, type_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, PyObject, Value, is_callable, type_name

if TYPE_CHECKING:
    from typing import Any

    from harnpy.vm.fiber import Fiber


@builtin("py_object(value: any, name: string | nil = nil) -> any")
def py_object(fiber: Fiber, value: Value, name: Value = None) -> Value:
    """The value as a Python object that is not taken back to a Harn value: `py_object([])` is a Python list, which
    functions such as `heapq.heappush` change in place.

    With a name it is the attribute of that name of a Python object, as it is: `py_object(sys, "path")`. Throws the
    exception of Python for an attribute that is not there.
    """
    from harnpy.vm.python.conversion import to_python
    from harnpy.vm.python.objects import raw_attribute

    made = PyObject(fiber.runtime, to_python(fiber.runtime, value))
    return PyObject(fiber.runtime, raw_attribute(made, name)) if type(name) is str else made


@builtin("py_value(value: any) -> any")
def py_value(fiber: Fiber, value: Value) -> Value:
    """The data of a Python object as Harn values, as deep as it goes: mappings, data classes and named tuples become
    dicts, data frames lists of their rows as dicts, arrays, iterators and other iterables lists. So do those in lists
    and dicts. What is no collection is returned as it is.
    """
    from harnpy.vm.python.conversion import taken_apart
    from harnpy.vm.python.failures import translated

    with translated():
        return taken_apart(fiber.runtime, value)


@builtin("py_async(callee: closure) -> any")
def py_async(fiber: Fiber, callee: Value = MISSING) -> Value:
    """A function as a coroutine function of Python's, which `async def` would make: for Python code that awaits what it
    calls, such as handlers of a server. The function may wait; it runs as a task of its own.

    Type error for what is no function.
    """
    if not is_callable(callee) or type(callee) is PyObject:
        raise type_error(f"py_async: expected a function, got {type_name(callee)}")
    from harnpy.vm.python.functions import HarnFunction

    return PyObject(fiber.runtime, HarnFunction(fiber.runtime, callee).coroutine_function())


@builtin("py_thread(callee: any, args: any) -> any", effects={"python"})
def py_thread(fiber: Fiber, callee: Value = MISSING, *args: Value) -> Value:
    """Calls a Python function in a thread of its own, and waits for its result while other tasks run: for what blocks
    or takes long. Harn functions that it calls run in the program's own thread.

    A task that is cancelled, or a deadline that passes, ends the waiting; the function itself goes on, and its result is
    dropped. Throws the exception of the function. Type error for anything but a Python function.
    """
    if type(callee) is not PyObject or not is_callable(callee):
        kind = "nothing" if callee is MISSING else type_name(callee)
        raise type_error(f"py_thread: expected a Python function, got {kind}")
    from harnpy.vm.python.conversion import to_python
    from harnpy.vm.python.failures import translated
    from harnpy.vm.python.objects import received
    from harnpy.vm.python.threads import Bridge

    fiber.runtime.state(Bridge)  # so that it is of this thread
    given = [to_python(fiber.runtime, arg) for arg in args]
    module = getattr(callee.object, "__module__", None)
    with translated():
        result = fiber.effect(fiber.runtime.world.call_in_thread, str(module), callee.object, given)
    return received(fiber, result)


@builtin("py_with(manager: any, body: closure) -> any")
def py_with(fiber: Fiber, manager: Value = MISSING, body: Value = MISSING) -> Value:
    """Calls body with what a Python context manager (also an asynchronous one) gives, and lets the manager close:
    `py_with(open("notes.txt"), { f -> f.read() })`. The result is that of body, nil if body fails and the manager deals
    with the error.

    Throws what body throws. Type error for what is no context manager.
    """
    from harnpy.vm.python.conversion import defines, to_harn
    from harnpy.vm.python.failures import translated
    from harnpy.vm.python.objects import awaited

    kind = type(manager.object) if type(manager) is PyObject else type(None)
    is_async = not defines(kind, "__enter__")
    if is_async and not defines(kind, "__aenter__"):
        raise type_error(f"py_with: expected a Python context manager, got {type_name(manager)}")
    if not is_callable(body):
        raise type_error(f"py_with: expected a function to call, got {type_name(body)}")
    target: Any = manager.object
    with translated():
        entered = awaited(fiber, target.__aenter__()) if is_async else target.__enter__()

    def leave(*failure: Any) -> Any:
        with translated():
            return awaited(fiber, target.__aexit__(*failure)) if is_async else target.__exit__(*failure)

    try:
        value = fiber.call(body, to_harn(fiber.runtime, entered))
    except BaseException as error:
        told = error.host_error if isinstance(error, HarnError) and error.host_error is not None else error
        if leave(type(told), told, told.__traceback__) and isinstance(error, HarnError):
            return None
        raise
    leave(None, None, None)
    return value
