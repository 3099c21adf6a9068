"""Builtin functions that read and write YAML."""

from __future__ import annotations

from harnpy.builtins.plain_data import plain_data
from harnpy.builtins.yaml_reader import YamlSyntaxError, YamlValueError, parse_yaml
from harnpy.builtins.yaml_writer import to_yaml
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value


@builtin("yaml_parse(text: string)", pure=True, unvalidated=True)
def yaml_parse(text: Value = "") -> Value:
    """The value of a YAML document; nil if it is empty.

    Throws `YAML parse error: <detail>` for bad syntax and duplicate keys, `yaml_parse: <detail>` for keys that are
    not text.
    """
    try:
        return parse_yaml(display(text))
    except YamlSyntaxError as error:
        raise thrown(f"YAML parse error: {error}") from None
    except YamlValueError as error:
        raise thrown(f"yaml_parse: {error}") from None


@builtin("yaml_stringify(value: any) -> string", pure=True)
def yaml_stringify(value: Value = None) -> str:
    """The value as YAML in block style with sorted keys. What is not data becomes its display text."""
    try:
        return to_yaml(plain_data(value))
    except RecursionError:
        raise thrown("yaml_stringify: the value is nested too deeply") from None
