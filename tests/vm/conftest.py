"""Runtimes raise Python's recursion limit; done before the tests it does not happen under Hypothesis's eyes."""

from harnpy.stack_room import make_room

make_room()
