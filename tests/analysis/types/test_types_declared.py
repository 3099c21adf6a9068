"""The pre-pass: what a file declares about types (chapter 09, sections 2.3 and 3)."""

from __future__ import annotations

from types_of_text import declared, type_of

from harnpy.analysis.types.forms import INT, STRING, Named
from harnpy.analysis.types.world import Alias, InterfaceType, Method, StructField, StructType, TypeParameter


def test_result_is_declared_beforehand():
    result = declared("").enums["Result"]
    assert result.parameters == (TypeParameter("T", "out"), TypeParameter("E", "out"))
    assert result.variants == {"Ok": (("value", Named("T")),), "Err": (("error", Named("E")),)}
    assert list(declared("enum Result { Fine }").enums["Result"].variants) == ["Fine"]


def test_each_kind_of_declaration():
    world = declared(
        """
        type Opt<in A, out B> = A | B
        enum E<T> { V, W(x: T, y) }
        struct S<T> { f: T, g?: int, h }
        interface I<T> {
          type Item
          type Key = int
          fn m(self, a: T, b) -> Item
        }
        impl S { fn m(self, a: int) -> string { "s" }
          fn n(x) { x } }
        """
    )
    parameter = (TypeParameter("T"),)
    assert world.aliases["Opt"] == Alias("Opt", (TypeParameter("A", "in"), TypeParameter("B", "out")), type_of("A | B"))
    assert world.enums["E"].variants == {"V": (), "W": (("x", Named("T")), ("y", None))}
    fields = (StructField("f", Named("T"), False), StructField("g", INT, True), StructField("h", None, False))
    assert world.structs["S"] == StructType("S", parameter, fields)
    method = Method("m", (("a", Named("T")), ("b", None)), Named("Item"))
    assert world.interfaces["I"] == InterfaceType("I", parameter, (("Item", None), ("Key", INT)), (method,))
    assert world.impls["S"] == {"m": Method("m", (("a", INT),), STRING), "n": Method("n", (("x", None),), None)}


def test_statements_of_a_top_level_pipeline_count_but_not_those_of_blocks_and_functions():
    world = declared(
        """
        pipeline main(task) {
          type InPipeline = int
          if task { type InBlock = int }
        }
        fn f() { struct InFunction { x: int } }
        """
    )
    assert list(world.aliases) == ["InPipeline"]
    assert world.structs == {}


def test_attributes_are_looked_through():
    world = declared(
        """
        @a @b enum E { V }
        @a pub struct S { x: int }
        @test pipeline main(task) { @a type A = int }
        """
    )
    assert "E" in world.enums
    assert "S" in world.structs
    assert "A" in world.aliases


def test_the_last_declaration_of_a_name_counts():
    world = declared("type A = int\ntype A = string\nimpl P { fn a(self) {} }\nimpl P { fn b(self) {} }")
    assert world.aliases["A"].type == STRING
    assert list(world.impls["P"]) == ["b"]
