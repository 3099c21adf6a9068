"""Resolving `$ref` inside one schema (chapter 06 section 12.2): a JSON pointer from the canonical root."""

from __future__ import annotations

from harnpy.vm.schema.canonical import Schema


def resolve_reference(root: Schema, reference: str) -> Schema | None:
    """The schema that reference points at, or None when there is none. An empty pointer is the root."""
    node: object = root
    pointer = reference.lstrip("#").lstrip("/")
    for part in pointer.split("/") if pointer else ():
        name = part.replace("~1", "/").replace("~0", "~")
        if type(node) is dict and name in node:
            node = node[name]
        elif type(node) is list and name.isascii() and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return node if type(node) is dict else None
