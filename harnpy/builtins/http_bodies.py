"""What HTTP requests carry: text, bytes, JSON, forms; and the query that goes into a URL."""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from harnpy import TYPE_CHECKING
from harnpy.builtins.base64_syntax import describe_problem
from harnpy.builtins.encoding import url_encode
from harnpy.builtins.file_access import attempt, resolve
from harnpy.builtins.json_writer import to_json
from harnpy.records import Record
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.values import Value, type_name

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# The options that are a body, each in its own form; a call takes one of them.
BODY_OPTIONS = ("body", "body_base64", "json", "form", "multipart")

_PART_KEYS = ("content", "base64", "path", "filename", "content_type")
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
_LINE_BREAKS = str.maketrans({"\r": " ", "\n": " "})


class Body(Record):
    """content is a text, which is sent as UTF-8, or the very bytes."""

    content: str | bytes
    content_type: str | None = None

    def encoded(self) -> bytes:
        """Raises UnicodeEncodeError for half a surrogate pair."""
        return self.content.encode("utf-8") if isinstance(self.content, str) else self.content

    def text(self) -> str:
        """The body as people read it. Takes long for many bytes that are no UTF-8."""
        return self.content if isinstance(self.content, str) else self.content.decode("utf-8", "replace")


def body_from(fiber: Fiber, builtin: str, option: str, value: Value) -> Body:
    """The body that an option of BODY_OPTIONS describes. Throws when its value makes no sense."""
    if option == "body":
        return Body(display(value))
    if option == "body_base64":
        return Body(_bytes_in(builtin, option, value))
    if option == "json":
        try:
            return Body(to_json(value), "application/json")
        except HarnError as error:
            raise thrown(f"{builtin}: option `json`: {error.message}") from None
    if type(value) is not dict:
        raise thrown(f"{builtin}: option `{option}` has to be a dict, but is of type {type_name(value)}")
    if option == "form":
        return Body(_pairs_text(value).replace("%20", "+"), "application/x-www-form-urlencoded")
    return _multipart(fiber, builtin, value)


def with_query(url: str, query: dict[str, Value]) -> str:
    """url with the entries of query added: values as text, those of a list one by one, nil left out."""
    added = _pairs_text(query)
    if not added:
        return url
    place, hash_sign, fragment = url.partition("#")
    separator = "" if place.endswith(("?", "&")) else "&" if "?" in place else "?"
    return f"{place}{separator}{added}{hash_sign}{fragment}"


def _pairs_text(pairs: dict[str, Value]) -> str:
    return "&".join(f"{url_encode(name)}={url_encode(value)}" for name, value in _entries(pairs))


def _entries(pairs: dict[str, Value]) -> Iterator[tuple[str, Value]]:
    for name in sorted(pairs):
        value = pairs[name]
        for each in value if type(value) is list else [value]:
            if each is not None:
                yield name, each


def _bytes_in(builtin: str, option: str, value: Value) -> bytes:
    data = display(value).encode("utf-8", "surrogatepass")
    problem = describe_problem(data)
    if problem is not None:
        raise thrown(f"{builtin}: option `{option}` is no base64: {problem}")
    return binascii.a2b_base64(data)


# --- multipart/form-data (RFC 7578) ----------------------------------------------------------------------------------


def _multipart(fiber: Fiber, builtin: str, parts: dict[str, Value]) -> Body:
    boundary = f"harn-{fiber.effect(fiber.runtime.world.random_hex, 32)}"
    pieces = []
    for name, value in _entries(parts):
        head, content = _part(fiber, builtin, name, value)
        pieces += [f"--{boundary}\r\n{head}\r\n\r\n".encode("utf-8", "surrogatepass"), content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return Body(b"".join(pieces), f"multipart/form-data; boundary={boundary}")


def _part(fiber: Fiber, builtin: str, name: str, value: Value) -> tuple[str, bytes]:
    """The head and the content of one part."""
    head = f'content-disposition: form-data; name="{name.translate(_ESCAPES)}"'
    if type(value) is not dict:
        return head, display(value).encode("utf-8", "surrogatepass")
    option = f"multipart.{name}"
    unknown = sorted(value.keys() - set(_PART_KEYS))
    if unknown:
        raise thrown(f"{builtin}: option `{option}` has no `{unknown[0]}`; there are: {', '.join(_PART_KEYS)}")
    given = [key for key in _PART_KEYS[:3] if value.get(key) is not None]
    if len(given) != 1:
        raise thrown(f"{builtin}: option `{option}` needs exactly one of `content`, `base64` and `path`")
    source = value[given[0]]
    filename, content_type = value.get("filename"), value.get("content_type")
    if given == ["path"]:
        path = resolve(fiber, display(source))
        content: bytes = attempt(fiber, f"Failed to read file {path}", fiber.runtime.world.read_bytes, path)
        filename = path.rpartition("/")[2] if filename is None else filename
    elif given == ["base64"]:
        content = _bytes_in(builtin, f"{option}.base64", source)
    else:
        content = display(source).encode("utf-8", "surrogatepass")
    if filename is not None:
        head += f'; filename="{display(filename).translate(_ESCAPES)}"'
        content_type = "application/octet-stream" if content_type is None else content_type
    if content_type is not None:
        head += f"\r\ncontent-type: {display(content_type).translate(_LINE_BREAKS)}"
    return head, content
