"""Throwing errors with a category and asking a caught error for its category."""

from __future__ import annotations

from harnpy.vm.classification import category_named, category_of_value
from harnpy.vm.display import display
from harnpy.vm.errors import Category, thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value


@builtin('throw_error(message: string, category: string = "generic") -> any')
def throw_error(message: Value = "", category: Value = "generic") -> None:
    """Throws the dict `{category, message}`; a category that does not exist becomes `generic`."""
    raise thrown({"category": category_named(display(category)).value, "message": display(message)})


@builtin("error_category(error: any) -> string", pure=True)
def error_category(error: Value) -> str:
    """The category of a caught error: a dict's own, a string's by its wording, else `generic`."""
    return category_of_value(error)


@builtin("is_timeout(error: any) -> bool", pure=True)
def is_timeout(error: Value) -> bool:
    """Whether the category of a caught error is `timeout`."""
    return category_of_value(error) == Category.TIMEOUT.value


@builtin("is_rate_limited(error: any) -> bool", pure=True)
def is_rate_limited(error: Value) -> bool:
    """Whether the category of a caught error is `rate_limit`."""
    return category_of_value(error) == Category.RATE_LIMIT.value
