"""The options of the http builtins: their names, their defaults, and what of them makes no sense."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.suggest import suggest
from harnpy.builtins.arguments import count_of, milliseconds_or
from harnpy.builtins.file_access import resolve
from harnpy.builtins.http_bodies import BODY_OPTIONS, Body, body_from
from harnpy.builtins.output import warn
from harnpy.records import Record
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.values import MISSING, Value, type_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.vm.fiber import Fiber

DEFAULT_TIMEOUT_MS = 30_000
DEFAULT_BACKOFF_MS = 1_000
DEFAULT_MAX_REDIRECTS = 10
DEFAULT_MAX_BYTES = 64 * 1024 * 1024

OPTIONS = (
    "timeout",
    "retries",
    "backoff",
    "headers",
    "auth",
    *BODY_OPTIONS,
    "follow_redirects",
    "max_redirects",
    "query",
    "max_bytes",
    "response",
    "save_to",
)


class HttpOptions(Record):
    """headers and query are as given. max_bytes is None without a limit; save_to is resolved, None for no file."""

    timeout_ms: int
    retries: int
    backoff_ms: int
    headers: dict[str, Value]
    auth: Value
    body: Body | None
    follow_redirects: bool
    max_redirects: int
    query: dict[str, Value]
    max_bytes: int | None
    base64_result: bool
    save_to: str | None


class WarnedOptions:
    """The unknown options that a warning has been said about, so that it is said once in a run."""

    def __init__(self) -> None:
        self.names: set[str] = set()


def read_options(fiber: Fiber, builtin: str, given: Value, body: Value = MISSING) -> HttpOptions:
    """The options of one call of builtin; what is no dict has none. body is the builtin's argument, if it has one.

    Wrong kinds of values count as absent where chapter 07 says so; further options throw. Unknown names are warned of.
    """
    options = given if type(given) is dict else {}
    for name in sorted(options.keys() - set(OPTIONS)):
        _warn_once(fiber, builtin, name)
    save_to = options.get("save_to")
    response = _one_of(builtin, options, "response", ("text", "base64"))
    if save_to is not None:
        if type(save_to) is not str or not save_to:
            raise _wrong(builtin, "save_to", "a path", save_to)
        if response == "base64":
            raise thrown(f'{builtin}: options `save_to` and `response: "base64"` exclude each other')
    max_bytes = options.get("max_bytes")
    if max_bytes is not None and (type(max_bytes) is not int or max_bytes < 1):
        raise _wrong(builtin, "max_bytes", "a positive int", max_bytes)
    if max_bytes is None and save_to is None:
        max_bytes = DEFAULT_MAX_BYTES
    headers = options.get("headers")
    return HttpOptions(
        max(0, milliseconds_or(options.get("timeout"), DEFAULT_TIMEOUT_MS)),
        count_of(options.get("retries")),
        max(0, milliseconds_or(options.get("backoff"), DEFAULT_BACKOFF_MS)),
        headers if type(headers) is dict else {},
        options.get("auth"),
        _body(fiber, builtin, options, body),
        options.get("follow_redirects") is not False,
        count_of(options.get("max_redirects"), DEFAULT_MAX_REDIRECTS),
        _query(builtin, options.get("query")),
        max_bytes,
        response == "base64",
        None if save_to is None else resolve(fiber, save_to),
    )


def writes_file(builtin: str, args: Sequence[Value]) -> bool:
    """Whether a call of builtin with args would write a file."""
    return _options_in(builtin, args).get("save_to") is not None


def reads_files(builtin: str, args: Sequence[Value]) -> bool:
    """Whether a call of builtin with args would read files."""
    parts = _options_in(builtin, args).get("multipart")
    values = parts.values() if type(parts) is dict else []
    return any(
        type(part) is dict and part.get("path") is not None
        for value in values
        for part in (value if type(value) is list else [value])
    )


def _options_in(builtin: str, args: Sequence[Value]) -> dict[str, Value]:
    place = 1 if builtin in ("http_get", "http_delete") else 2
    options = args[place] if len(args) > place else None
    return options if type(options) is dict else {}


def _query(builtin: str, query: Value) -> dict[str, Value]:
    if query is None:
        return {}
    if type(query) is not dict:
        raise _wrong(builtin, "query", "a dict", query)
    return query


def _one_of(builtin: str, options: dict[str, Value], name: str, known: tuple[str, ...]) -> str:
    value = options.get(name)
    if value is None:
        return known[0]
    if value not in known:
        raise thrown(f"{builtin}: option `{name}` has to be one of {', '.join(known)}, but is '{display(value)}'")
    return str(value)


def _body(fiber: Fiber, builtin: str, options: dict[str, Value], argument: Value) -> Body | None:
    given = [name for name in BODY_OPTIONS if options.get(name) is not None or (name == "json" and "json" in options)]
    if argument is not MISSING:
        given = [name for name in given if name != "body"]
        if not given:
            return Body(display(argument))
        if argument is not None and argument != "":
            raise thrown(f"{builtin}: there is a body already, so option `{given[0]}` makes no sense")
    if len(given) > 1:
        raise thrown(f"{builtin}: options `{given[0]}` and `{given[1]}` exclude each other")
    return body_from(fiber, builtin, given[0], options[given[0]]) if given else None


def _wrong(builtin: str, option: str, expected: str, value: Value) -> HarnError:
    shown = f"'{display(value)}'" if type(value) in (str, int, float, bool) else f"of type {type_name(value)}"
    return thrown(f"{builtin}: option `{option}` has to be {expected}, but is {shown}")


def _warn_once(fiber: Fiber, builtin: str, name: str) -> None:
    warned = fiber.runtime.state(WarnedOptions).names
    if name in warned:
        return
    warned.add(name)
    close = suggest(name, OPTIONS)
    hint = f", did you mean `{close}`?" if close is not None else f"; there are: {', '.join(OPTIONS)}"
    warn(fiber, f"{builtin}: unknown option `{name}`{hint}")
