"""Rendering templates that live in a dict of files instead of on a disk."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

import pytest

from harnpy.builtins.template import TemplateError, parse_template, render_template
from harnpy.builtins.template.nodes import Body
from harnpy.vm.values import Value

MAIN = "/t/main.prompt"


class FilesInMemory:
    """A loader over path -> text that counts how often each file was read."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.reads: list[str] = []

    def parse(self, path: str) -> Body:
        self.reads.append(path)
        if self.identity(path) not in self.files:
            raise FileNotFoundError(2, "absent", path)
        try:
            return parse_template(self.files[self.identity(path)])
        except TemplateError as error:
            error.path = path
            raise

    def identity(self, path: str) -> str:
        return posixpath.normpath(path)


def rendered(text: str, files: Mapping[str, str] | None = None, **bindings: Value) -> str:
    """The text of a template at MAIN, with files for what it includes."""
    return render_template(parse_template(text), bindings, MAIN, FilesInMemory(files or {}))


def fault_of(text: str, files: Mapping[str, str] | None = None, **bindings: Value) -> str:
    """The error text of a template that does not parse or does not render."""
    with pytest.raises(TemplateError) as caught:
        rendered(text, files, **bindings)
    return caught.value.text
