"""Display text: the one textual form of a value (chapter 02 section 1.2), and the plain decimal form of floats."""

from __future__ import annotations

from harnpy.vm.values import (
    Atomic,
    Builtin,
    Closure,
    Duration,
    EnumVariant,
    Generator,
    HarnSet,
    Iter,
    Pair,
    Range,
    StructInstance,
    Value,
)


def plain_float(value: float) -> str:
    """Shortest digits that round-trip, always positional, no `.0` when whole: `4`, `0.0000001`, `NaN`, `-inf`."""
    if value != value:
        return "NaN"
    text = repr(value)
    if "e" in text:
        from decimal import Decimal  # here, because most programs never show such a number

        text = format(Decimal(text), "f")
    elif text in ("inf", "-inf"):
        return text
    return text[:-2] if text.endswith(".0") else text


def display_float(value: float) -> str:
    """As plain_float, but whole numbers below 1e15 keep one decimal: `4.0`, `-0.0`."""
    if -1e15 < value < 1e15 and (value >= 1e-3 or value <= -1e-3 or value == 0):
        return repr(value)  # positional in this range, with one decimal if whole
    return plain_float(value)


def display_int(value: int) -> str:
    """Decimal digits; also beyond the length at which Python refuses to convert."""
    try:
        return str(value)
    except ValueError:
        sign, digits = ("-", -value) if value < 0 else ("", value)
        parts: list[str] = []
        chunk = 10**4000
        while digits:
            digits, low = divmod(digits, chunk)
            parts.append(str(low).rjust(4000, "0") if digits else str(low))
        return sign + "".join(reversed(parts))


def display_duration(ms: int) -> str:
    """The largest of h, m, s that divides it exactly, else ms."""
    for unit, name in ((3_600_000, "h"), (60_000, "m"), (1000, "s")):
        if ms >= unit and ms % unit == 0:
            return f"{display_int(ms // unit)}{name}"
    return f"{display_int(ms)}ms"


def display(value: Value) -> str:
    """The display text of any value. Never advances an iterator or generator."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is int:
        try:
            return str(value)
        except ValueError:
            return display_int(value)
    if value is None:
        return "nil"
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return display_float(value)
    if kind is list:
        return "[" + ", ".join(map(display, value)) + "]"
    if kind is dict:
        return "{" + ", ".join([f"{key}: {display(value[key])}" for key in sorted(value)]) + "}"
    if kind is EnumVariant:
        head = f"{value.enum}.{value.variant}"
        return f"{head}({', '.join([display(field) for field in value.fields])})" if value.fields else head
    if kind is StructInstance:
        fields = value.fields
        return f"{value.type.name} {{" + ", ".join([f"{key}: {display(fields[key])}" for key in sorted(fields)]) + "}"
    if kind is Duration:
        return display_duration(value.ms)
    if kind is Range:
        return f"{display_int(value.start)} to {display_int(value.end)}" + ("" if value.inclusive else " exclusive")
    if kind is Pair:
        return f"({display(value.first)}, {display(value.second)})"
    if kind is HarnSet:
        return "set(" + ", ".join([display(item) for item in value]) + ")"
    if kind is Closure:
        return f"<fn({', '.join(value.parameter_names)})>"
    if kind is Builtin:
        return f"<builtin {value.name}>"
    if kind is Iter:
        return "<iter (exhausted)>" if value.exhausted else "<iter>"
    if kind is Generator:
        return "<generator (done)>" if value.done else "<generator>"
    if kind is Atomic:
        return f"<atomic:{display_int(value.value)}>"
    return str(value)
