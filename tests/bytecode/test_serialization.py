"""Compiled modules as bytes: what is written is read back, and nothing else is read at all."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
from golden_programs import BUILTINS, PROGRAMS, compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from harnpy.bytecode import serial
from harnpy.bytecode.assembler import assemble
from harnpy.bytecode.errors import BadBytecode, CompileError
from harnpy.bytecode.serial import MAGIC, deserialize, serialize
from harnpy.bytecode.verifier import verify
from harnpy.records import replace
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program

LANGUAGE_SUITE = Path(__file__).parent.parent / "lang"
HEAD = len(MAGIC) + 16
SMALL = serialize(compiled("late_data.harn"))


def sealed(payload: bytes) -> bytes:
    """payload with a right digest, as somebody who means harm would write it."""
    return MAGIC + hashlib.blake2b(payload, digest_size=16).digest() + payload


def same(one, other):
    """Equality that tells 1 from 1.0 and True, and lists from tuples."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return repr(one) == repr(other)
    finally:
        sys.set_int_max_str_digits(limit)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_module_survives(name):
    module = compiled(name)
    assert same(deserialize(serialize(module), name), module)


def test_every_program_of_the_language_suite_survives_and_verifies():
    count = 0
    for path in sorted(path for path in LANGUAGE_SUITE.rglob("*.harn") if path.is_file()):
        try:
            program = parse_program(path.read_bytes(), "p.harn")
        except HarnSyntaxError:
            continue
        for mode in ("entry", "module"):
            try:
                module = assemble(program, "p.harn", mode, BUILTINS)
            except CompileError:
                continue
            verify(module.main, len(module.variables))
            assert same(deserialize(serialize(module), "p.harn"), module), path
            count += 1
    assert count > 1000


def test_the_path_is_that_of_the_file_now():
    assert deserialize(SMALL, "moved/elsewhere.harn").path == "moved/elsewhere.harn"


CONSTANTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
    | st.binary(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@settings(max_examples=60)
@given(st.lists(CONSTANTS, max_size=5))
def test_constants_survive(constants):
    module = compiled("late_data.harn")
    module = replace(module, main=replace(module.main, constants=tuple(constants)))
    assert same(deserialize(serialize(module), module.path), module)


def test_any_changed_byte_is_refused():
    for at in range(len(SMALL)):
        for change in (1, 0x80, 0xFF):
            data = bytearray(SMALL)
            data[at] ^= change
            with pytest.raises(BadBytecode):
                deserialize(bytes(data), "p.harn")


def test_any_truncation_is_refused():
    for size in range(len(SMALL)):
        with pytest.raises(BadBytecode):
            deserialize(SMALL[:size], "p.harn")


def test_bytes_left_over_are_refused():
    with pytest.raises(BadBytecode):
        deserialize(SMALL + b"\0", "p.harn")
    with pytest.raises(BadBytecode, match="left over"):
        deserialize(sealed(SMALL[HEAD:] + b"\0"), "p.harn")


@settings(max_examples=300)
@given(st.data())
def test_a_sealed_but_changed_payload_is_refused_or_read_as_a_module(data):
    payload = bytearray(SMALL[HEAD:])
    for _ in range(data.draw(st.integers(1, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        module = deserialize(sealed(bytes(payload)), "p.harn")
        verify(module.main, len(module.variables))
    except BadBytecode:
        return
    assert module.path == "p.harn"


@settings(max_examples=300)
@given(st.binary(max_size=60))
def test_arbitrary_sealed_bytes_are_refused(payload):
    with pytest.raises(BadBytecode):
        deserialize(sealed(payload), "p.harn")


def test_endless_nesting_is_refused():
    for tag in (serial._LIST, serial._TUPLE):
        with pytest.raises(BadBytecode):
            deserialize(sealed(bytes([tag, 1]) * 200_000), "p.harn")


def test_a_size_beyond_the_file_is_refused_before_memory_is_asked_for():
    for tag in (serial._LIST, serial._TUPLE, serial._DICT, serial._STR, serial._BYTES, serial._INT):
        with pytest.raises(BadBytecode):
            deserialize(sealed(bytes([tag, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])), "p.harn")


def test_something_that_is_no_constant_cannot_be_written():
    module = compiled("late_data.harn")
    module = replace(module, main=replace(module.main, constants=(object(),)))
    with pytest.raises(TypeError):
        serialize(module)


def test_only_what_is_asked_for_is_read(monkeypatch):
    source = b"fn outer() { fn inner() { return 1 }\nreturn inner() }\nprintln(outer())\n"
    module = assemble(parse_program(source, "a.harn"), "a.harn", "entry", {"println"})
    data = serialize(module)
    read = []
    whole = serial.StoredChunk.number.__func__

    def watched(cls, chunks, number):
        chunk = whole(cls, chunks, number)
        read.append(chunk.name)
        return chunk

    monkeypatch.setattr(serial.StoredChunk, "number", classmethod(watched))
    stored = deserialize(data, "a.harn")
    assert read == [module.main.name]
    outer = stored.main.children[0]
    assert read[1:] == ["outer"]
    assert outer.children[0].name == "inner"
    assert read[1:] == ["outer", "inner"]
    assert stored == module


def test_a_chunk_that_is_its_own_child_is_refused():
    module = assemble(parse_program(b"fn f() { return 1 }\nf()\n", "a.harn"), "a.harn", "entry", set())
    bodies = serial._stored_chunks(module.main)
    out = bytearray()
    # The numbers of the children stand last but one in a chunk: a tuple of one.
    assert bodies[0].endswith(bytes([serial._TUPLE, 1, serial._INT, 1, 1, serial._NIL]))
    own = bodies[0][:-3] + bytes([0, serial._NIL])  # the number 0 has no digits
    serial._write(out, (module.mode, (own, *bodies[1:]), (), (), module.variables, module.exports, None))
    read = deserialize(sealed(bytes(out)), "a.harn")
    with pytest.raises(BadBytecode, match="its own descendant"):
        verify(read.main, len(module.variables))
