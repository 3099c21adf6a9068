"""The policy of `--deny` and `--allow`: which builtins a run may not call (chapter 05 section 3)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What stays usable under every --allow list.
CORE = frozenset(
    {
        "println",
        "print",
        "log",
        "type_of",
        "to_string",
        "to_int",
        "to_float",
        "len",
        "assert",
        "assert_eq",
        "assert_ne",
        "json_parse",
        "json_stringify",
    }
)

# Waiting for and cancelling one's own tasks is never denied, by either list.
TASK_CONTROL = frozenset({"await", "cancel", "cancel_graceful", "is_cancelled"})

# Never denied by --allow: syntax lowers to these, or handles what it yields with them.
LANGUAGE = frozenset({"Ok", "Err", "unwrap", "is_ok", "is_err"}) | TASK_CONTROL


def names_in(text: str) -> frozenset[str]:
    """The names of a comma-separated list; blanks are trimmed and empty items ignored."""
    return frozenset(item.strip() for item in text.split(",")) - {""}


def denied_by_deny(text: str) -> frozenset[str]:
    """The names denied by `--deny TEXT`: exactly those, known or not, except the language's own task controls."""
    return names_in(text) - TASK_CONTROL


def denied_by_allow(text: str, registered: Iterable[str]) -> frozenset[str]:
    """The names denied by `--allow TEXT`: all registered ones but the listed, the core set and the language's own."""
    kept = names_in(text) | CORE | LANGUAGE
    return frozenset(name for name in registered if name not in kept and not name.startswith("__"))
