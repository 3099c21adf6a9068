"""Calling: from a callee and arguments to a frame or a result; method dispatch by the kind of the receiver."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, bare_error, type_error
from harnpy.vm.frames import Frame
from harnpy.vm.iteration import lift
from harnpy.vm.registry import call_builtin, call_declared
from harnpy.vm.values import Builtin, Closure, PyObject, Range, StructInstance, Value, is_callable, type_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.linker import LinkedFunction

# Frames of one fiber, builtins in between included. Heap frames cost no C stack, so the bound protects memory.
MAX_DEPTH = 20_000


def stack_overflow() -> HarnError:
    return bare_error("Stack overflow: too many nested calls")


def make_frame(fiber: Fiber, caller: Frame | None, callee: Closure, args: list[Value]) -> Frame:
    """A frame for callee with its parameters bound; args becomes the frame's own.

    Raises the stack-overflow error when the fiber's frames are too many.
    """
    function = callee.function
    assert function is not None
    depth = caller.depth + 1 if caller is not None else 0
    if depth >= MAX_DEPTH:
        raise stack_overflow()
    if function.code is None:
        function.link()
    count = argc = len(args)
    fixed = function.fixed_count
    if function.has_rest:
        if count > fixed:
            args[fixed:] = [args[fixed:]]
        else:
            args.extend([None] * (fixed - count))
            args.append([])
    elif count < fixed:
        args.extend([None] * (fixed - count))
    elif count > fixed:
        del args[fixed:]
    args.extend(function.blank)
    for target, value in zip(function.capture_targets, callee.captures):
        args[target] = value
    return Frame(function, callee, args, argc, caller, depth, fiber)


def enter(frame: Frame, callee: Closure, args: list[Value]) -> Frame | None:
    """The frame of a call from frame, after a look at whether the fiber has to attend to something.

    A translated function runs at once: its result is put on the stack, and there is no frame.
    """
    fiber = frame.fiber
    if fiber.signal.pending:
        fiber.attend(frame)
    function = callee.function
    assert function is not None
    if fiber.runtime.tier is not None:
        if function.body is None:
            fiber.runtime.tier.warm(function, args, callee)
        if function.body is not None:
            fiber.frame = frame
            frame.stack.append(function.body(fiber, callee, *adapted(function, args)))
            return None
    return make_frame(fiber, frame, callee, args)


def cold_entry(fiber: Fiber, closure: Closure, *args: Value) -> Value:
    """The entry of a function that is not translated."""
    return fiber.call(closure, *args)


def adapted(function: LinkedFunction, args: list[Value]) -> list[Value]:
    """args as the parameters of a translated function take them: cut, padded, the rest gathered."""
    fixed = function.fixed_count
    count = len(args)
    if function.has_rest:
        if count > fixed:
            return [*args[:fixed], args[fixed:]]
        return [*args, *function.padding[count:fixed], []]
    if count < fixed:
        return [*args, *function.padding[count:]]
    return args[:fixed] if count > fixed else args


def construct(callee: Closure, args: list[Value]) -> StructInstance:
    """Call a struct constructor: its one dict gives the fields, anything else gives none."""
    assert callee.struct_type is not None
    fields = args[0] if args and type(args[0]) is dict else {}
    return StructInstance(callee.struct_type, dict(fields))


def invoke(frame: Frame, callee: Value, args: list[Value]) -> Frame | None:
    """Call callee from frame: a new frame to go on in, or None when the result is already on the stack."""
    kind = type(callee)
    if kind is Closure:
        if callee.function is not None:
            return enter(frame, callee, args)
        frame.stack.append(construct(callee, args))
        return None
    if kind is Builtin:
        fiber = frame.fiber
        fiber.frame = frame
        frame.stack.append(call_builtin(fiber, callee, args))
        return None
    if kind is PyObject:
        fiber = frame.fiber
        fiber.frame = frame
        frame.stack.append(call_python(fiber, callee, args))
        return None
    raise type_error(f"Cannot call {display(callee)}")


def find_method(fiber: Fiber, receiver: Value, name: str) -> tuple[Builtin | Closure | PyObject | None, list[Value]]:
    """What `receiver.name(...)` calls, None for no such method, and what comes before the arguments of the call.

    That is the receiver (a range as an iterator, for what only iterators can), and nothing for an entry of a dict or
    a method of a Python object.
    """
    kind = type(receiver)
    if kind is StructInstance:
        return receiver.type.methods.get(name), [receiver]
    registry = fiber.runtime.registry
    found = registry.methods(type_name(receiver)).get(name)
    if found is not None:
        return found, [receiver]
    if kind is dict:
        entry = receiver.get(name)
        return (entry if is_callable(entry) else None), []
    if kind is Range:
        found = registry.methods("iter").get(name)
        return found, [lift(fiber, receiver)] if found is not None else []
    if kind is PyObject:
        from harnpy.vm.python.objects import method, raw_attribute

        bound = method(receiver, name)
        if bound is not None:
            return bound, []
        found = registry.methods("iter").get(name)
        if found is None:
            raw_attribute(receiver, name)  # says what is missing
        return found, [lift(fiber, receiver)]
    return None, []


def call_python(fiber: Fiber, callee: PyObject, args: Sequence[Value]) -> Value:
    """Call a Python object."""
    from harnpy.vm.python.objects import call

    return call(fiber, callee, args)


def call_method(frame: Frame, receiver: Value, name: str, args: list[Value]) -> Frame | None:
    """`receiver.name(args)`; an unknown method gives nil."""
    fiber = frame.fiber
    found, leading = find_method(fiber, receiver, name)
    if found is None:
        frame.stack.append(None)
        return None
    args[:0] = leading
    if not (leading and isinstance(found, Builtin)):
        return invoke(frame, found, args)
    fiber.frame = frame
    frame.stack.append(call_declared(fiber, found, args))
    return None


def pipe_target(fiber: Fiber, target: Value) -> Value:
    """What a pipe calls: a callable, or the builtin that a string names."""
    if type(target) is str:
        found = fiber.runtime.registry.get(target)
        if found is None:
            raise bare_error(f"Undefined builtin: {target}")
        return found
    if not is_callable(target):
        raise type_error(f"cannot pipe into {type_name(target)}")
    return target
