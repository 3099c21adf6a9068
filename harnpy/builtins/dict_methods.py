"""The methods of dicts and the functions keys, values and entries. Dicts are walked in the order of their keys."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.callbacks import results
from harnpy.vm.display import display
from harnpy.vm.in_place import merge_in_place, remove_entry_in_place
from harnpy.vm.registry import builtin, method
from harnpy.vm.values import Value, is_callable

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

Entries = dict[str, Value]


@builtin("keys(entries: dict) -> list", pure=True)
def keys(entries: Value) -> list[str]:
    """The keys of a dict in ascending order; an empty list for anything else."""
    return sorted(entries) if type(entries) is dict else []


@builtin("values(entries: dict) -> list", pure=True)
def values(entries: Value) -> list[Value]:
    """The values of a dict in the order of their keys; an empty list for anything else."""
    return dict_values(entries) if type(entries) is dict else []


@builtin("entries(entries: dict) -> list", pure=True)
def entries(entries: Value) -> list[Entries]:
    """A list of dicts `{key, value}` in the order of the keys; an empty list for anything but a dict."""
    return dict_entries(entries) if type(entries) is dict else []


@method("dict.keys() -> list<string>", pure=True)
def dict_keys(entries: Entries) -> list[str]:
    """The keys in ascending order."""
    return sorted(entries)


@method("dict.values() -> list", pure=True)
def dict_values(entries: Entries) -> list[Value]:
    """The values in the order of their keys."""
    return [entries[key] for key in sorted(entries)]


@method("dict.entries() -> list<dict>", pure=True)
def dict_entries(entries: Entries) -> list[Entries]:
    """A list of dicts `{key, value}` in the order of the keys."""
    return [{"key": key, "value": entries[key]} for key in sorted(entries)]


@method("dict.count() -> int", pure=True)
def dict_count(entries: Entries) -> int:
    """How many entries the dict has."""
    return len(entries)


@method("dict.has(key: string) -> bool", pure=True)
def dict_has(entries: Entries, key: Value = "") -> bool:
    """Whether the dict has that key, taken as text."""
    return (key if type(key) is str else display(key)) in entries


@method("dict.get(key: string, default: any = nil) -> any", pure=True)
def dict_get(entries: Entries, key: Value = "", default: Value = None) -> Value:
    """The value of that key, taken as text; default if the key is absent."""
    return entries.get(key if type(key) is str else display(key), default)


@method("dict.merge(other: dict) -> dict", pure=True)
def dict_merge(entries: Entries, other: Value) -> Entries:
    """A dict with the entries of both; those of other win. Unchanged if other is no dict."""
    return merge_in_place(entries.copy(), other)


@method("dict.remove(key: string) -> dict", pure=True)
def dict_remove(entries: Entries, key: Value = "") -> Entries:
    """A dict without that key, taken as text."""
    return remove_entry_in_place(entries.copy(), key)


@method("dict.map_values(callback: fn(any) -> any) -> dict")
def dict_map_values(fiber: Fiber, entries: Entries, callback: Value) -> Entries | None:
    """A dict of the same keys with the results of callback for the values; nil without a callback."""
    if not is_callable(callback):
        return None
    names = sorted(entries)
    return dict(zip(names, results(fiber, callback, [entries[key] for key in names])))


@method("dict.filter(callback: fn(any) -> any) -> dict")
def dict_filter(fiber: Fiber, entries: Entries, callback: Value) -> Entries | None:
    """A dict of the entries for whose value callback is truthy; nil without a callback."""
    if not is_callable(callback):
        return None
    names = sorted(entries)
    verdicts = results(fiber, callback, [entries[key] for key in names])
    return {key: entries[key] for key, verdict in zip(names, verdicts) if verdict}


@method("dict.rekey(callback: fn(string) -> any) -> dict", aliases=("map_keys",))
def dict_rekey(fiber: Fiber, entries: Entries, callback: Value) -> Entries | None:
    """A dict of the same values with the results of callback, as text, for keys; the last of equal keys wins.

    nil without a callback.
    """
    if not is_callable(callback):
        return None
    names = sorted(entries)
    return {display(renamed): entries[key] for key, renamed in zip(names, results(fiber, callback, names))}
