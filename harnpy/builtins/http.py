"""HTTP builtins. A received status is a result, whatever it is; only what keeps a reply from coming throws."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.http_calls import call_http
from harnpy.builtins.http_options import read_options
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# Besides the network: jitter and boundaries, waits between attempts, files of `save_to` and `multipart`, warnings.
_EFFECTS = {"net", "random", "time", "fs.read", "fs.write", "output"}


@builtin("http_get(url: string, options?: dict) -> dict", effects=_EFFECTS, unvalidated=True)
def http_get(fiber: Fiber, url: Value = "", options: Value = None) -> dict[str, Value]:
    """Fetches a URL; see `http_request` for options, result and errors."""
    return _call(fiber, "http_get", "GET", url, options)


@builtin('http_post(url: string, body: any = "", options?: dict) -> dict', effects=_EFFECTS, unvalidated=True)
def http_post(fiber: Fiber, url: Value = "", body: Value = "", options: Value = None) -> dict[str, Value]:
    """Posts a body, taken as text, to a URL; see `http_request` for options, result and errors.

    For another form of body pass `""` or nil and an option: `http_post(url, "", {json: {id: 1}})`.
    """
    return _call(fiber, "http_post", "POST", url, options, body)


@builtin('http_put(url: string, body: any = "", options?: dict) -> dict', effects=_EFFECTS, unvalidated=True)
def http_put(fiber: Fiber, url: Value = "", body: Value = "", options: Value = None) -> dict[str, Value]:
    """Puts a body to a URL, as `http_post` does."""
    return _call(fiber, "http_put", "PUT", url, options, body)


@builtin('http_patch(url: string, body: any = "", options?: dict) -> dict', effects=_EFFECTS, unvalidated=True)
def http_patch(fiber: Fiber, url: Value = "", body: Value = "", options: Value = None) -> dict[str, Value]:
    """Patches what is at a URL with a body, as `http_post` does."""
    return _call(fiber, "http_patch", "PATCH", url, options, body)


@builtin("http_delete(url: string, options?: dict) -> dict", effects=_EFFECTS, unvalidated=True)
def http_delete(fiber: Fiber, url: Value = "", options: Value = None) -> dict[str, Value]:
    """Deletes what is at a URL; see `http_request` for options, result and errors."""
    return _call(fiber, "http_delete", "DELETE", url, options)


@builtin("http_request(method: string, url: string, options?: dict) -> dict", effects=_EFFECTS, unvalidated=True)
def http_request(fiber: Fiber, method: Value = "", url: Value = "", options: Value = None) -> dict[str, Value]:
    """Makes an HTTP request with any method: `{status, headers, body, ok}`.

    status is an int, headers a dict with names in lower case (of repeated ones the last; values that are not printable
    ASCII are left out), body the text (UTF-8, bad bytes replaced), ok whether status is 200 to 299. Compressed bodies
    stay so, cookies are not kept. Other tasks run meanwhile. Proxies of the environment (`HTTP_PROXY`, `HTTPS_PROXY`,
    `ALL_PROXY`, `NO_PROXY`) and `SSL_CERT_FILE` are honoured.

    Options for time: `timeout` (milliseconds or a duration for each attempt, 30000; 0 fails at once), `retries` (0;
    after a status of 500 and above, when nobody is reached, and after a timeout), `backoff` (milliseconds or a duration
    before the first retry, 1000; doubled for each further one, varied by a quarter, a minute at most).
    For the request: `headers` (dict; nil leaves one out), `auth` (the text of an Authorization header,
    `{bearer: token}` or `{basic: {user, password}}`), `query` (dict, added to the URL; lists repeat their name), and
    one of `body` (text), `body_base64` (bytes), `json` (any value), `form` (dict), `multipart` (dict of texts and of
    `{content | base64 | path, filename, content_type}`); the last three set the content type unless `headers` do.
    For redirects: `follow_redirects` (true), `max_redirects` (10). 301, 302 and 303 go on with GET and without the
    body; credentials stay behind when the host changes.
    For the reply: `max_bytes` (most that a body may have, 67108864; unlimited with `save_to`), `response: "base64"`
    (bytes in `body_base64`, body is ""), `save_to` (path of a file that appears when a reply with ok is complete; the
    result then has `saved`, its path or nil, and `bytes`).

    Throws texts that begin with `http: `, for a URL or a header that cannot be sent and when no complete reply comes.
    """
    verb = display(method).upper()
    if not verb:
        raise thrown("http_request: method is required")
    return _call(fiber, "http_request", verb, url, options)


def _call(
    fiber: Fiber, builtin: str, method: str, url: Value, options: Value, body: Value = MISSING
) -> dict[str, Value]:
    shown = display(url)
    if not shown:
        raise thrown(f"{builtin}: URL is required")
    return call_http(fiber, method, shown, read_options(fiber, builtin, options, body))
