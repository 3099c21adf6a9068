"""Which types fit where: the table of chapter 09, 7.1, its better variants, and laws that hold for all types."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from types_of_text import NOTHING, declared, fits, type_of, types

from harnpy.analysis.types.assignability import assignable, expanded
from harnpy.analysis.types.forms import (
    ANY,
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NIL,
    STRING,
    UNKNOWN,
    WILDCARD,
    Applied,
    Field,
    Function,
    IterOf,
    ListOf,
    Named,
    Shape,
    Union,
    show,
)
from harnpy.analysis.types.world import Alias, World

YES = [
    # Names.
    ("int", "int"),
    ("float", "int"),
    ("any", "int"),
    ("int", "any"),
    ("unknown", "int"),
    ("unknown", "unknown"),
    ("any", "unknown"),
    ("string", "never"),
    ("never", "never"),
    ("Thing", "Thing"),
    ("Thing", "Thing<int>"),
    ("Thing<int>", "Thing"),
    ("set<int>", "set"),
    ("set", "set<int>"),
    # The wildcard.
    ("_", "int"),
    ("int", "_"),
    # Unions.
    ("int | string", "int"),
    ("int | string", "string | int"),
    ("float | string", "int"),
    ("float | nil", "int | nil"),
    ("list<any> | nil", "list<int>"),
    ("int | any", "string"),
    # Shapes and dicts.
    ("dict", "{a: int}"),
    ("{a: int}", "dict"),
    ("{a: int}", "{a: int, b: string}"),
    ("{a: float}", "{a: int}"),
    ("{a: int, b?: string}", "{a: int}"),
    ("{a: int}", "{a?: int}"),
    ("{}", "{a: int}"),
    ("dict<string, float>", "{a: int}"),
    ("dict<string, int>", "{}"),
    ("dict<any, int>", "{a: int}"),
    ("{a: int}", "dict<string, string>"),
    ("dict<string, int>", "dict"),
    ("dict", "dict<string, int>"),
    ("dict<string, any>", "dict<string, int>"),
    # Lists and iterators.
    ("list<int>", "list"),
    ("list", "list<int>"),
    ("list<any>", "list<int>"),
    ("list<int>", "list<any>"),
    ("list<int | string>", "list<string | int>"),
    ("iter<float>", "iter<int>"),
    ("iter<int>", "iter"),
    ("iter", "iter<int>"),
    # Functions.
    ("fn(int) -> int", "fn(float) -> int"),
    ("fn(int) -> float", "fn(int) -> int"),
    ("fn(int) -> int", "closure"),
    ("closure", "fn(int) -> int"),
    ("fn(int) -> string", "fn(int) -> never"),
    ("fn(fn(float) -> int) -> nil", "fn(fn(int) -> int) -> nil"),
    # Literals.
    ('"a"', '"a"'),
    ('"a" | "b"', '"a"'),
    ('"a" | "b"', "string"),
    ("string", '"a"'),
    ("1", "int"),
    ("int", "1"),
    ("float", "1"),
    ("3", "3"),
    # Result, which is covariant in both.
    ("Result<float, string>", "Result<int, string>"),
    ("Result", "Result<int, string>"),
    # Better variants.
    ("Pair<int, int>", "pair"),
    ("pair", "Pair<int, int>"),
    ("Schema<int>", "dict"),
    ("Schema<int>", "{type: string}"),
    ("dict", "Schema<int>"),
    ("dict<string, any>", "Schema<int>"),
    ("{a?: int}", "{a: nil}"),
    ("{a?: int}", "{a: int | nil}"),
]

NO = [
    ("int", "float"),
    ("int", "string"),
    ("string", "nil"),
    ("bool", "int"),
    ("string", "unknown"),
    ("list", "unknown"),
    ("never", "int"),
    ("never", "any"),
    ("never", "unknown"),
    ("Thing", "Other"),
    ("Thing<int>", "Other"),
    ("Thing<int>", "Thing<float>"),
    ("Thing<float>", "Thing<int>"),
    ("Thing<int>", "Thing<int, int>"),
    ("string", "string | nil"),
    ("int | nil", "string"),
    ("int | string", "int | nil"),
    ("{a: int}", "{}"),
    ("{a: int}", "{b: int}"),
    ("{a: int}", "{a: string}"),
    ("{a: {b: int}}", "{a: {b: string}}"),
    ("{a?: int}", "{a: string}"),
    ("dict<string, int>", "{a: string}"),
    ("dict<int, int>", "{a: int}"),
    ("dict<string, float>", "dict<string, int>"),
    ("dict<int, int>", "dict<string, int>"),
    ("list<float>", "list<int>"),
    ("list<int | string>", "list<int>"),
    ("list<int>", "list<string>"),
    ("list<{a: int}>", "list<{a: int, b: int}>"),
    ("list", "range"),
    ("list", "set"),
    ("list<int>", "iter<int>"),
    ("iter<int>", "iter<string>"),
    ("iter<int>", "list"),
    ("dict", "list<int>"),
    ("fn(float) -> int", "fn(int) -> int"),
    ("fn(int) -> int", "fn(int) -> float"),
    ("fn(int) -> int", "fn() -> int"),
    ("fn(fn(int) -> int) -> nil", "fn(fn(float) -> int) -> nil"),
    ("closure", "dict"),
    ('"a"', '"b"'),
    ('"a"', "1"),
    ("1", "2"),
    ("int", '"1"'),
    ("string", "1"),
    ('"a"', "int"),
    ("1", "float"),
    ("Result<int, string>", "Result<string, string>"),
    ("Result<int, string>", "Result<float, string>"),
    ("Pair<int, int>", "Pair<int, string>"),
    ("Pair<int, int>", "list"),
    ("Schema<int>", "string"),
    ("Schema<int>", "Schema<string>"),
    ("list", "Schema<int>"),
]


@pytest.mark.parametrize("expected, actual", YES)
def test_fits(expected, actual):
    assert fits(expected, actual)


@pytest.mark.parametrize("expected, actual", NO)
def test_does_not_fit(expected, actual):
    assert not fits(expected, actual)


def test_an_unknown_error_type_says_nothing_but_the_value_type_does():
    made = type_of("Result<string, E>")
    made = type(made)(made.name, (STRING, WILDCARD))
    assert assignable(type_of("Result<string, int>"), made, NOTHING)
    assert not assignable(type_of("Result<int, string>"), made, NOTHING)


def test_structs_are_nominal():
    world = declared("struct P { x: int }\nstruct Q { x: int }")
    assert fits("P", "P", world)
    for expected, actual in [("{x: int}", "P"), ("dict", "P"), ("P", "{x: int}"), ("P", "dict"), ("Q", "P")]:
        assert not fits(expected, actual, world)


def test_arguments_are_compared_as_their_parameters_are_marked():
    world = declared(
        "enum Source<out T> { S(v: T) }\nstruct Cell<T> { v: T }\ninterface Sink<in T> { fn put(self, v: T) }"
        "\nenum Both<in A, out B> { V }"
    )
    assert fits("Source<float>", "Source<int>", world)
    assert not fits("Source<int>", "Source<float>", world)
    assert not fits("Cell<float>", "Cell<int>", world)
    assert fits("Sink<int>", "Sink<float>", world)
    assert not fits("Sink<float>", "Sink<int>", world)
    assert fits("Both<int, float>", "Both<float, int>", world)
    assert not fits("Both<float, float>", "Both<int, float>", world)


def test_an_enum_is_asked_before_a_struct_of_the_same_name():
    assert fits("N<float>", "N<int>", declared("struct N<T> { v: T }\nenum N<out T> { V }"))


def test_type_parameters_in_scope_take_and_give_anything():
    world = declared("", "T")
    for other in ["int", "string | nil", "list<int>", "never", "unknown"]:
        assert fits("T", other, world)
        assert fits(other, "T", world)
    assert fits("list<T>", "list<int>", world)
    assert fits("dict<T, int>", "{a: int}", world)
    assert not fits("U", "int", world)
    assert not fits("list<T>", "int", world)


def test_a_type_parameter_hides_an_alias():
    assert fits("T", "string", declared("type T = int", "T"))


# --- aliases ----------------------------------------------------------------------------------------------------


def test_aliases_are_expanded_on_both_sides_and_everywhere():
    world = declared("type Id = int\ntype Ids = list<Id>\ntype Maybe = Id | nil\ntype Point = {x: Id, y?: Maybe}")
    assert fits("Id", "int", world)
    assert fits("int", "Id", world)
    assert fits("list<int>", "Ids", world)
    assert fits("Ids", "list<int>", world)
    assert not fits("list<float>", "Ids", world)
    assert fits("int | nil", "Maybe", world)
    assert fits("Maybe | string", "int | nil", world)
    assert not fits("int", "Maybe", world)
    assert fits("Point", "{x: int, y: nil}", world)
    assert not fits("Point", "{x: int, y: string}", world)
    assert fits("fn(Id) -> Maybe", "fn(float) -> nil", world)


def test_generic_aliases_are_substituted():
    world = declared("type Opt<T> = T | nil\ntype Two<A, B> = {a: A, b: B}\ntype Nested<T> = Opt<list<T>>")
    assert fits("Opt<int>", "nil", world)
    assert fits("Opt<int>", "int", world)
    assert not fits("Opt<int>", "string", world)
    assert fits("Two<int, string>", "{a: int, b: string}", world)
    assert not fits("Two<int, string>", "{a: string, b: int}", world)
    assert fits("Nested<int>", "list<int>", world)
    assert not fits("Nested<int>", "list<string>", world)


def test_a_generic_alias_without_arguments_says_nothing_of_them():
    world = declared("type Box<T> = list<T>")
    assert fits("Box", "list<int>", world)
    assert not fits("Box", "int", world)


def test_a_generic_alias_with_another_number_of_arguments_is_opaque():
    world = declared("type Box<T> = list<T>")
    assert not fits("Box<int, int>", "list<int>", world)
    assert fits("Box<int, int>", "Box<int, int>", world)


def test_aliases_may_contain_themselves():
    world = declared(
        "type Tree = {value: int, children: list<Tree>}\ntype Json = string | list<Json> | dict<string, Json>"
    )
    assert fits("Tree", "{value: int, children: list<{value: int, children: list}>}", world)
    assert not fits("Tree", "{value: int, children: list<{value: string, children: list}>}", world)
    assert not fits("Tree", "{value: int, children: list<int>}", world)
    assert fits("Tree", "Tree", world)
    assert fits("Json", "string", world)
    assert fits("Json", "{a: string, b: {c: string}}", world)
    assert not fits("Json", "{a: string, b: {c: int}}", world)
    assert not fits("Json", "int", world)


def test_two_names_for_the_same_endless_type_are_one_type():
    world = declared(
        "type A = {next: A | nil}\ntype B = {next: C | nil}\ntype C = {next: B | nil}\ntype D = {next: D | int}"
    )
    assert fits("A", "B", world)
    assert fits("C", "A", world)
    assert not fits("A", "D", world)


def test_an_assumption_that_turns_out_wrong_takes_with_it_what_relied_on_it():
    # While P and P2 are compared, Q and Q2 fit on the assumption that these do. Then `last` shows that they do not.
    world = declared("type P = {q: Q, last: int}\ntype Q = {p: P}\ntype P2 = {q: Q2, last: string}\ntype Q2 = {p: P2}")
    assert not fits("P", "P2", world)
    assert not fits("Q", "Q2", world)
    assert not fits("P | {q: Q}", "P2", world)


def test_an_alias_that_is_nothing_but_itself_is_opaque():
    world = declared("type A = A\ntype B = C\ntype C = B\ntype D = D | nil\ntype E = F | int\ntype F = E | string")
    assert fits("A", "A", world)
    assert not fits("A", "int", world)
    assert not fits("int", "A", world)
    assert not fits("B", "int", world)
    assert fits("B", "C", world)
    assert fits("{f?: A}", "{f: A}", world)
    assert fits("D", "nil", world)
    assert not fits("D", "int", world)
    assert fits("int | string", "E", world)
    assert fits("F", "int", world)
    assert not fits("E", "nil", world)


def test_aliases_that_grow_each_time_come_to_an_end():
    world = declared(
        "type Grow<T> = {next: Grow<list<T>>}\ntype Split<T> = {a: Split<list<T>>, b: Split<dict<string, T>>}"
        "\ntype Other<T> = {a: Other<set<T>>, b: Other<iter<T>>}"
    )
    assert fits("Grow<int>", "Grow<int>", world)
    assert isinstance(fits("Grow<int>", "Grow<string>", world), bool)
    assert isinstance(fits("Split<int>", "Other<int>", world), bool)


def test_aliases_that_double_each_time_are_not_written_out():
    lines = ["type A0 = int", "type B0 = int", "type S0 = string"]
    for n in range(1, 24):
        lines += [f"type {each}{n} = {{l: list<{each}{n - 1}>, r: {each}{n - 1}}}" for each in "ABS"]
    world = declared("\n".join(lines))
    assert fits("A23", "B23", world)
    assert not fits("A23", "S23", world)


def test_nested_lists_do_not_double_the_work_at_each_level():
    world = declared("type I = int")
    nested = ["list<" * 45 + name + ">" * 45 for name in ("I", "int", "string")]
    assert fits(nested[0], nested[1], world)
    assert not fits(nested[0], nested[2], world)


@pytest.mark.parametrize(
    "opening, closing",
    [
        ("list<", ">"),
        ("{a?: nil | ", "}"),
        ("fn(nil) -> nil | ", ""),
        ("Result<nil | ", ", int>"),
        ("dict<string, ", ">"),
    ],
)
def test_types_nested_thousands_of_levels_are_compared_as_far_as_anybody_writes_them(opening, closing):
    world = declared("type I = int\ntype Twice<T> = list<T>")
    deep = [f"{opening * depth}{name}{closing * depth}" for depth in (3000, 20) for name in ("I", "int", "string")]
    assert fits(deep[0], deep[1], world)
    assert fits(deep[0], deep[2], world)
    assert fits(deep[3], deep[4], world)
    assert not fits(deep[3], deep[5], world)
    assert fits("Twice<" * 3000 + "int" + ">" * 3000, "list<" * 3000 + "string" + ">" * 3000, world)


# --- laws -------------------------------------------------------------------------------------------------------


@given(types())
def test_every_type_takes_itself(type_):
    assert assignable(type_, type_, NOTHING)


@given(types())
def test_any_takes_and_gives_everything_but_never(type_):
    assert assignable(ANY, type_, NOTHING)
    assert assignable(type_, ANY, NOTHING) == (type_ != NEVER)


@given(types())
def test_unknown_takes_everything_and_gives_itself_to_what_takes_everything(type_):
    assert assignable(UNKNOWN, type_, NOTHING)
    members = type_.members if isinstance(type_, Union) else (type_,)
    assert assignable(type_, UNKNOWN, NOTHING) == any(each in (ANY, UNKNOWN) for each in members)


@given(types())
def test_never_fits_everywhere_and_takes_nothing_else(type_):
    assert assignable(type_, NEVER, NOTHING)
    assert assignable(NEVER, type_, NOTHING) == _has_no_value(type_)


def _has_no_value(type_):
    return type_ == NEVER or (isinstance(type_, Union) and all(map(_has_no_value, type_.members)))


@given(types())
def test_the_wildcard_fits_everywhere(type_):
    assert assignable(type_, WILDCARD, NOTHING)
    assert assignable(WILDCARD, type_, NOTHING)


@given(types(), types())
def test_a_union_takes_what_a_member_takes(first, second):
    union = Union((first, second))
    for actual in (first, second):
        assert assignable(union, actual, NOTHING)
    assert assignable(union, union, NOTHING)
    assert assignable(Union((second, first)), union, NOTHING)


@given(types(), types(), types())
def test_a_union_fits_where_all_its_members_fit(expected, first, second):
    both = assignable(expected, first, NOTHING) and assignable(expected, second, NOTHING)
    if expected != NEVER:
        assert assignable(expected, Union((first, second)), NOTHING) == both


@given(types(), types())
def test_containers_are_as_strict_as_their_kind(expected, actual):
    one_way, other_way = assignable(expected, actual, NOTHING), assignable(actual, expected, NOTHING)
    assert assignable(ListOf(expected), ListOf(actual), NOTHING) == (one_way and other_way)
    assert assignable(IterOf(expected), IterOf(actual), NOTHING) == one_way
    assert assignable(Function((), expected), Function((), actual), NOTHING) == one_way
    assert assignable(Function((expected,), INT), Function((actual,), INT), NOTHING) == other_way
    shape, given_shape = (Shape((Field("f", each, False),)) for each in (expected, actual))
    assert assignable(shape, given_shape, NOTHING) == one_way


@given(types(), types())
@example(Applied("Result", (INT, FLOAT)), Applied("Result", (INT, INT)))
def test_an_alias_is_what_it_stands_for(expected, actual):
    world = World({"E": Alias("E", (), expected), "A": Alias("A", (), actual)}, NOTHING.enums, {}, {}, {})
    answer = assignable(expected, actual, NOTHING)
    assert assignable(Named("E"), Named("A"), world) == answer
    assert assignable(ListOf(Named("E")), ListOf(actual), world) == assignable(
        ListOf(expected), ListOf(actual), NOTHING
    )


CYCLIC = st.recursive(
    st.sampled_from([Named("A"), Named("B"), Named("C"), INT, NIL]),
    lambda inner: st.one_of(
        st.builds(ListOf, inner),
        st.builds(IterOf, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda members: Union(tuple(members))),
        st.builds(lambda type_, optional: Shape((Field("f", type_, optional),)), inner, st.booleans()),
        st.builds(lambda taken, given: Function((taken,), given), inner, inner),
    ),
    max_leaves=5,
)


@given(CYCLIC, CYCLIC, CYCLIC)
@example(Union((Named("A"), Named("A"))), ListOf(Union((Named("A"), Named("A")))), Named("A"))
def test_aliases_in_any_circle_come_to_an_end(first, second, third):
    bodies = {"A": first, "B": second, "C": third}
    world = World({name: Alias(name, (), body) for name, body in bodies.items()}, {}, {}, {}, {})
    for name, body in bodies.items():
        assert assignable(Named(name), Named(name), world)
        assert show(expanded(Named(name), world))
        for other in bodies.values():
            assert isinstance(assignable(body, other, world), bool)
        # A type and its expansion are the same type.
        assert assignable(Named(name), expanded(Named(name), world), world)
        assert assignable(expanded(Named(name), world), Named(name), world)


# Types that are exact about their values, and values of every kind that they have.
EXACT = st.recursive(
    st.sampled_from([INT, FLOAT, STRING, BOOL, NIL]),
    lambda inner: st.one_of(
        st.builds(ListOf, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda members: Union(tuple(members))),
        st.dictionaries(st.sampled_from("ab"), inner).map(
            lambda fields: Shape(tuple([Field(name, type_, False) for name, type_ in fields.items()]))
        ),
    ),
    max_leaves=5,
)
VALUES = st.recursive(
    st.sampled_from([1, 1.5, "s", True, None]),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=5,
)


def has(type_, value):
    match type_:
        case Named(name="int"):
            return type(value) is int
        case Named(name="float"):
            return type(value) in (int, float)
        case Named(name="string"):
            return type(value) is str
        case Named(name="bool"):
            return type(value) is bool
        case Named(name="nil"):
            return value is None
        case ListOf(element=element):
            return type(value) is list and all(has(element, each) for each in value)
        case Union(members=members):
            return any(has(each, value) for each in members)
        case Shape(fields=fields):
            return type(value) is dict and all(
                each.name in value and has(each.type, value[each.name]) for each in fields
            )


@given(EXACT, EXACT, st.data())
def test_where_a_type_fits_all_its_values_do(expected, actual, data):
    if assignable(expected, actual, NOTHING):
        value = data.draw(values_of(actual))
        assert has(actual, value)
        assert has(expected, value)


def values_of(type_):
    match type_:
        case Named(name=name):
            return st.sampled_from(
                {"int": [1], "float": [1, 1.5], "string": ["s"], "bool": [True], "nil": [None]}[name]
            )
        case ListOf(element=element):
            return st.lists(values_of(element), max_size=2)
        case Union(members=members):
            return st.one_of([values_of(each) for each in members])
        case Shape(fields=fields):
            wanted = st.fixed_dictionaries({each.name: values_of(each.type) for each in fields})
            return st.tuples(st.dictionaries(st.just("c"), VALUES), wanted).map(lambda both: {**both[0], **both[1]})
