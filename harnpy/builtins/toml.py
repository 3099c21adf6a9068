"""Builtin functions that read and write TOML."""

from __future__ import annotations

from harnpy.builtins.plain_data import plain_data
from harnpy.builtins.toml_reader import TomlSyntaxError, parse_toml
from harnpy.builtins.toml_writer import TomlError, to_toml
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value


@builtin("toml_parse(text: string)", pure=True, unvalidated=True)
def toml_parse(text: Value = "") -> Value:
    """The dict of a TOML document, dates and times as text. Throws `TOML parse error: <detail>`."""
    try:
        return parse_toml(display(text))
    except TomlSyntaxError as error:
        raise thrown(f"TOML parse error: {error}") from None


@builtin("toml_stringify(value: dict) -> string", pure=True)
def toml_stringify(value: Value = None) -> str:
    """The dict as TOML with sorted keys. Throws `toml_stringify: <detail>` for other values and for nil inside."""
    try:
        return to_toml(plain_data(value))
    except TomlError as error:
        raise thrown(f"toml_stringify: {error}") from None
    except RecursionError:
        raise thrown("toml_stringify: the value is nested too deeply") from None
