"""Compiled modules as bytes: a header, a digest, and values tagged by kind. Nothing in here can run code.

Chunks stand side by side and name their children by number, so that what a program never runs is never read. Reading
checks everything that it relies on; what the code does with its operands is the verifier's business, which linking
runs on every chunk.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import (
    Capture,
    CaptureKind,
    Chunk,
    CompiledModule,
    ImportInfo,
    PipelineInfo,
    read_number,
    write_number,
)
from harnpy.bytecode.errors import BadBytecode
from harnpy.digest import blake2b

if TYPE_CHECKING:
    from typing import Any

    from harnpy.syntax.diagnostics import Diagnostic

# The number in it is that of the format: another format, another number.
MAGIC = b"HARNBC\x04\n"
_DIGEST_SIZE = 16
_MAX_DEPTH = 10_000

_NIL, _TRUE, _FALSE, _INT, _NEGATIVE, _FLOAT, _STR, _BYTES, _LIST, _TUPLE, _DICT = range(11)


def serialize(module: CompiledModule) -> bytes:
    """The module as bytes; its path is left out, so that a file can be moved."""
    out = bytearray()
    _write(
        out,
        (
            module.mode,
            _stored_chunks(module.main),
            tuple((each.path, each.names, each.line, each.column, each.name) for each in module.imports),
            tuple((each.name, each.is_test, each.line) for each in module.pipelines),
            module.variables,
            module.exports,
            _stored_findings(module.findings),
        ),
    )
    payload = bytes(out)
    return MAGIC + blake2b(payload, digest_size=_DIGEST_SIZE).digest() + payload


def deserialize(data: bytes, path: str) -> CompiledModule:
    """The module for the file at path. Raises BadBytecode for anything that `serialize` did not write."""
    head = len(MAGIC) + _DIGEST_SIZE
    if data[: len(MAGIC)] != MAGIC or len(data) < head:
        raise BadBytecode("not a compiled Harn module")
    payload = data[head:]
    if blake2b(payload, digest_size=_DIGEST_SIZE).digest() != data[len(MAGIC) : head]:
        raise BadBytecode("the digest does not match")
    try:
        value, end = _read(payload, 0, 0)
        if end != len(payload):
            raise BadBytecode("bytes are left over")
        mode, chunks, imports, pipelines, variables, exports, findings = value
        return CompiledModule(
            path,
            _text(mode),
            StoredChunk.number(chunks, 0),
            tuple(
                ImportInfo(_text(path_), names, _number(line), _number(column), _text(name))
                for path_, names, line, column, name in imports
            ),
            tuple(PipelineInfo(_text(name), bool(is_test), _number(line)) for name, is_test, line in pipelines),
            tuple(_text(name) for name in variables),
            {_text(name): (_number(number), bool(is_pub)) for name, (number, is_pub) in exports.items()},
            _read_findings(findings),
        )
    except (AttributeError, ValueError, TypeError, IndexError, RecursionError) as error:
        raise BadBytecode(str(error)) from None


class StoredChunk(Chunk):
    """A chunk of which only the head has been read; the rest is when it is first asked for.

    chunks are all of the module, body is where in its own the rest begins. Equal to the chunk that it came from.
    """

    chunks: tuple[bytes, ...] = ()
    own_number: int = 0
    body: int = 0

    @classmethod
    def number(cls, chunks: Any, number: int) -> StoredChunk:
        """The chunk of that number. Raises BadBytecode, and the errors of malformed data."""
        if not isinstance(chunks, tuple) or not isinstance(chunks[number], bytes):
            raise BadBytecode("a chunk is no bytes")
        (name, parameters, has_rest, captures, slots, is_generator), body = _read(chunks[number], 0, 0)
        slot_count = _number(slots)
        made = tuple(
            Capture(CaptureKind(k), _number(source), _number(target), _text(n)) for k, source, target, n in captures
        )
        if len(parameters) > slot_count or any(capture.target >= slot_count for capture in made):
            raise BadBytecode("a chunk has too few slots")
        chunk = cls.__new__(cls)
        head = (_text(name), tuple(_text(each) for each in parameters), bool(has_rest), made)
        values = (*head, slot_count, bool(is_generator), chunks, number, body)
        for setter, value in zip(_HEAD_SETTERS, values):
            setter(chunk, value)
        return chunk

    def __getattr__(self, field: str) -> Any:
        """The rest of the chunk, which nobody has asked for before. Raises BadBytecode."""
        if field not in _BODY:
            raise AttributeError(field)
        data = self.chunks[self.own_number]
        try:
            (constants, code, positions, children, needed), end = _read(data, self.body, 0)
            if end != len(data):
                raise BadBytecode("bytes are left over")
            if not (isinstance(code, bytes) and isinstance(positions, bytes) and isinstance(constants, tuple)):
                raise BadBytecode("a chunk has parts of the wrong kind")
            # Children come behind their parents, hence no chunk is its own descendant.
            if any(_number(child) <= self.own_number for child in children):
                raise BadBytecode("a chunk is its own descendant")
            made = tuple(StoredChunk.number(self.chunks, child) for child in children)
            named = None if needed is None else tuple(_text(each) for each in needed)
        except (AttributeError, ValueError, TypeError, IndexError, RecursionError) as error:
            raise BadBytecode(str(error)) from None
        for setter, value in zip(_BODY_SETTERS, (constants, code, positions, made, named)):
            setter(self, value)
        return getattr(self, field)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chunk) and all(
            getattr(self, field) == getattr(other, field) for field in (*_HEAD, *_BODY)
        )

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, field) for field in (*_HEAD, *_BODY)))

    def __repr__(self) -> str:
        return f"Chunk({', '.join(f'{field}={getattr(self, field)!r}' for field in (*_HEAD, *_BODY))})"


_HEAD = ("name", "parameters", "has_rest", "captures", "slot_count", "is_generator")
_BODY = ("constants", "code", "positions", "children", "needed")
_HEAD_SETTERS = [getattr(StoredChunk, field).__set__ for field in (*_HEAD, "chunks", "own_number", "body")]
_BODY_SETTERS = [getattr(StoredChunk, field).__set__ for field in _BODY]


def _stored_chunks(main: Chunk) -> tuple[bytes, ...]:
    """main and all its descendants, each behind its parent."""
    found = [main]
    stored = []
    for chunk in found:
        numbers = tuple(range(len(found), len(found) + len(chunk.children)))
        found.extend(chunk.children)
        captures = tuple((int(each.kind), each.source, each.target, each.name) for each in chunk.captures)
        out = bytearray()
        _write(out, (chunk.name, chunk.parameters, chunk.has_rest, captures, chunk.slot_count, chunk.is_generator))
        _write(out, (chunk.constants, chunk.code, chunk.positions, numbers, chunk.needed))
        stored.append(bytes(out))
    return tuple(stored)


def _stored_findings(findings: tuple[Diagnostic, ...] | None) -> Any:
    if not findings:
        return findings
    from harnpy.syntax.diagnostic_values import values_of

    return tuple([values_of(each) for each in findings])


def _read_findings(stored: Any) -> tuple[Diagnostic, ...] | None:
    """The findings; nothing else of the syntax layer is needed to run a program, so a program without any loads none."""
    if stored is None:
        return None
    if not isinstance(stored, tuple):
        raise BadBytecode("findings are no tuple")
    if not stored:
        return ()
    from harnpy.syntax.diagnostic_values import diagnostic_of

    return tuple([diagnostic_of(each) for each in stored])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadBytecode("text expected")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise BadBytecode("number expected")
    return value


def _write(out: bytearray, value: Any) -> None:
    kind = type(value)
    if value is None:
        out.append(_NIL)
    elif kind is bool:
        out.append(_TRUE if value else _FALSE)
    elif kind is int:
        out.append(_INT if value >= 0 else _NEGATIVE)
        magnitude = abs(value)
        digits = magnitude.to_bytes((magnitude.bit_length() + 7) // 8, "little")
        write_number(out, len(digits))
        out += digits
    elif kind is float:
        out.append(_FLOAT)
        from struct import pack

        out += pack("<d", value)
    elif kind is str:
        _write_bytes(out, _STR, value.encode("utf-8", "surrogatepass"))
    elif kind is bytes:
        _write_bytes(out, _BYTES, value)
    elif kind is list or kind is tuple:
        out.append(_LIST if kind is list else _TUPLE)
        write_number(out, len(value))
        for item in value:
            _write(out, item)
    elif kind is dict:
        out.append(_DICT)
        write_number(out, len(value))
        for key, item in value.items():
            _write(out, key)
            _write(out, item)
    else:
        raise TypeError(f"no constant of kind {kind.__name__}")


def _write_bytes(out: bytearray, tag: int, data: bytes) -> None:
    out.append(tag)
    write_number(out, len(data))
    out += data


def _read(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deep")
    tag = data[at]
    at += 1
    if tag == _NIL:
        return None, at
    if tag in (_TRUE, _FALSE):
        return tag == _TRUE, at
    if tag == _FLOAT:
        from struct import unpack_from

        if at + 8 > len(data):
            raise ValueError("cut off")
        return unpack_from("<d", data, at)[0], at + 8
    if tag > _DICT:
        raise ValueError(f"unknown tag {tag}")
    size, at = read_number(data, at)
    if size > len(data):
        raise ValueError("size out of range")
    if tag in (_INT, _NEGATIVE, _STR, _BYTES):
        raw = data[at : at + size]
        if len(raw) != size:
            raise ValueError("cut off")
        at += size
        if tag == _STR:
            return raw.decode("utf-8", "surrogatepass"), at
        if tag == _BYTES:
            return raw, at
        number = int.from_bytes(raw, "little")
        return (number if tag == _INT else -number), at
    if tag == _DICT:
        entries = {}
        for _ in range(size):
            key, at = _read(data, at, depth + 1)
            entries[key], at = _read(data, at, depth + 1)
        return entries, at
    items = []
    for _ in range(size):
        item, at = _read(data, at, depth + 1)
        items.append(item)
    return (items if tag == _LIST else tuple(items)), at
