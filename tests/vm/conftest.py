"""Runtimes raise Python's recursion limit; done before the tests it does not happen under Hypothesis's eyes."""

from harnpy.vm.runtime import make_room

make_room()
