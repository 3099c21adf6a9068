"""The catalog of builtins: it is what the modules declare, and generating it is deterministic."""

from __future__ import annotations

from harnpy.cli.catalog import BUILTIN_MODULES, METHOD_MODULES
from harnpy.cli.catalog_build import CATALOG_PATH, build, source_of
from harnpy.cli.compose import make_registry


def test_the_catalog_is_what_the_modules_declare_now():
    assert CATALOG_PATH.read_text(encoding="utf-8") == source_of(build()), "run `make catalog`"


def test_every_builtin_of_the_catalog_can_be_loaded():
    registry = make_registry()
    assert [name for name in BUILTIN_MODULES if registry.get(name) is None] == []


def test_every_kind_of_the_catalog_has_methods():
    registry = make_registry()
    assert [kind for kind in METHOD_MODULES if not registry.methods(kind)] == []
