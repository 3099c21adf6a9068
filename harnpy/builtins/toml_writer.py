"""Values -> TOML text: keys sorted, plain values before sub-tables, lists of tables as `[[name]]` sections."""

from __future__ import annotations

import math
import re

from harnpy.builtins.number_text import float_with_point
from harnpy.vm.display import display_int
from harnpy.vm.values import Value, type_name

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


class TomlError(Exception):
    """The value has no TOML form."""


def to_toml(value: Value) -> str:
    """The TOML text of a dict that holds nothing but data. Raises TomlError, also for nil anywhere inside."""
    if type(value) is not dict:
        raise TomlError(f"the top level must be a dict, got {type_name(value)}")
    sections: list[str] = []
    _table(value, "", "", sections)
    return "\n".join(sections)


def _table(entries: dict[str, Value], path: str, header: str, sections: list[str]) -> None:
    """Add the section of a table and those of its sub-tables. path is its dotted name, header the line above it.

    A table of nothing but sub-tables needs no section of its own; an element of a list of tables always has one.
    """
    names = sorted(entries)
    tables = [name for name in names if _is_section(entries[name])]
    lines = [f"{_key(name)} = {_inline(entries[name], name)}\n" for name in names if not _is_section(entries[name])]
    if lines or header.startswith("[[") or (path and not tables):
        sections.append((f"{header}\n" if header else "") + "".join(lines))
    for name in tables:
        inner = f"{path}.{_key(name)}" if path else _key(name)
        value = entries[name]
        if type(value) is dict:
            _table(value, inner, f"[{inner}]", sections)
        else:
            for element in value:
                _table(element, inner, f"[[{inner}]]", sections)


def _is_section(value: Value) -> bool:
    if type(value) is list:
        return bool(value) and all(type(element) is dict for element in value)
    return type(value) is dict


def _inline(value: Value, name: str) -> str:
    kind = type(value)
    if kind is str:
        return _string(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return display_int(value)
    if kind is float:
        return float_with_point(value) if math.isfinite(value) else str(value)
    if kind is list:
        return "[" + ", ".join([_inline(element, name) for element in value]) + "]"
    if kind is dict:
        entries = [f"{_key(key)} = {_inline(value[key], key)}" for key in sorted(value)]
        return "{ " + ", ".join(entries) + " }" if entries else "{}"
    raise TomlError(f"'{name}' holds nil, which TOML cannot express")


def _key(name: str) -> str:
    if _BARE_KEY.match(name):
        return name
    special = _CONTROL.search(name) or "\n" in name
    return f"'{name}'" if not special and "'" not in name and re.search(r'["\\]', name) else _basic(name)


def _string(text: str) -> str:
    """A string in the first form that shows it without escapes: "basic", 'literal', then those of several lines."""
    lines = "\n" in text
    start = "\n" if lines else ""
    if not _CONTROL.search(text):
        if not lines and not re.search(r'["\\]', text):
            return f'"{text}"'
        if not lines and "'" not in text:
            return f"'{text}'"
        if "\\" not in text and '"""' not in text:
            return f'"""{start}{text}"""'
        if "'''" not in text:
            return f"'''{start}{text}'''"
    if not lines:
        return _basic(text)
    body = "\n".join([_escaped(line) for line in text.split("\n")])
    return f'"""\n{body}"""'


def _basic(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return re.sub(r'["\\\x00-\x1f\x7f]', lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0]):04X}"), text)
