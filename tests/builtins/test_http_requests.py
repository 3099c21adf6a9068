"""What the http builtins send, to a server on loopback that records it (chapter 07 sections 14.1 and 14.2)."""

from __future__ import annotations

import base64
import json
from email import message_from_bytes
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from http_fixtures import *  # noqa: F403
from http_programs import Caller
from http_server import HttpServer, Request, answer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harnpy.builtins import http
from harnpy.builtins.http_options import (
    DEFAULT_BACKOFF_MS,
    DEFAULT_MAX_BYTES,
    DEFAULT_MAX_REDIRECTS,
    DEFAULT_TIMEOUT_MS,
    OPTIONS,
)
from harnpy.vm.errors import HarnError
from harnpy.vm.registry import declarations_of
from harnpy.vm.values import Duration


def sent(server: HttpServer) -> Request:
    """The last request."""
    return server.requests[-1]


def test_a_get_sends_nothing_that_nobody_asked_for(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"hi"))
    caller.get(url)
    assert (sent(server).method, sent(server).target, sent(server).body) == ("GET", "/", b"")
    assert sent(server).names == ["accept", "host"]
    assert sent(server).header("accept") == "*/*"


@pytest.mark.parametrize(("builtin", "method"), [("http_post", "POST"), ("http_put", "PUT"), ("http_patch", "PATCH")])
def test_builtins_with_a_body_send_it_as_text_and_without_a_type(
    server: HttpServer, caller: Caller, builtin: str, method: str
) -> None:
    url = server.on("/", answer())
    caller.call(builtin, url, [1, "é"])
    assert (sent(server).method, sent(server).body) == (method, "[1, é]".encode())
    assert sent(server).names == ["accept", "content-length", "host"]


def test_a_missing_body_is_empty_and_a_passed_nil_is_its_text(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer())
    caller.call("http_post", url)
    assert (sent(server).body, sent(server).header("content-length")) == (b"", "0")
    caller.call("http_post", url, None)
    assert sent(server).body == b"nil"


def test_the_body_argument_replaces_the_body_option(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer())
    caller.call("http_put", url, "argument", {"body": "option"})
    assert sent(server).body == b"argument"


def test_a_get_may_have_a_body(server: HttpServer, caller: Caller) -> None:
    caller.get(server.on("/", answer()), body=7)
    assert (sent(server).method, sent(server).body) == ("GET", b"7")


def test_delete_and_other_methods(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer())
    caller.call("http_delete", url)
    assert sent(server).method == "DELETE"
    caller.request("propfind", url)
    assert sent(server).method == "PROPFIND"


def test_options_that_are_no_dict_count_as_none(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"hi"))
    for options in (None, "x", 3, [1]):
        assert caller.call("http_get", url, options)["body"] == "hi"


def test_headers_are_sent_as_text_and_nil_is_left_out(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer())
    caller.get(url, headers={"X-Int": 5, "X-List": [1], "x-none": None, "Accept": "text/html", "X-Text": "ü\tv"})
    request = sent(server)
    assert request.names == ["accept", "host", "x-int", "x-list", "x-text"]
    assert [request.header(name) for name in ("x-int", "x-list", "accept", "x-text")] == [
        "5",
        "[1]",
        "text/html",
        "ü\tv",
    ]


def test_what_frames_the_message_cannot_be_given(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer())
    caller.call("http_post", url, "four", {"headers": {"Content-Length": 2, "Transfer-Encoding": "chunked"}})
    assert (sent(server).body, sent(server).header("transfer-encoding")) == (b"four", None)


def test_a_client_may_wait_to_be_told_to_continue(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer(b"done"))
    assert caller.call("http_post", url, "body", {"headers": {"Expect": "100-continue"}})["body"] == "done"
    assert sent(server).body == b"body"


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ("Custom abc", "Custom abc"),
        ({"bearer": "T"}, "Bearer T"),
        ({"bearer": 7, "basic": {"user": "u"}}, "Bearer 7"),
        ({"basic": {"user": "ü", "password": "p:q"}}, "Basic " + base64.b64encode("ü:p:q".encode()).decode()),
        ({"basic": {}}, "Basic Og=="),
        ({"basic": {"password": "p"}}, "Basic OnA="),
        ({"basic": "u:p"}, None),
        ({"bearer": None}, None),
        ({"digest": "x"}, None),
        (3, None),
    ],
)
def test_forms_of_auth(server: HttpServer, caller: Caller, auth: object, expected: str | None) -> None:
    caller.get(server.on("/", answer()), auth=auth)
    assert sent(server).header("authorization") == expected


def test_headers_override_auth_and_auth_the_userinfo_of_the_url(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer()).replace("//", "//me:p%40ss@")
    caller.get(url)
    assert sent(server).header("authorization") == "Basic " + base64.b64encode(b"me:p@ss").decode()
    caller.get(url, auth="A")
    assert sent(server).header("authorization") == "A"
    caller.get(url, auth="A", headers={"AUTHORIZATION": "H"})
    assert sent(server).header("authorization") == "H"


def test_urls_are_sent_as_they_are_but_for_what_may_not_stand_in_one(server: HttpServer, caller: Caller) -> None:
    server.on("/a%2Fb~%7e", answer(b"1"))
    server.on("/", answer(b"2"))
    server.on("/%C3%BC%20%22%3C%7C", answer(b"3"))
    assert caller.get(f"{server.url}/a%2Fb~%7e?x=%3A&y=[:]#fragment")["body"] == "1"
    assert sent(server).target == "/a%2Fb~%7e?x=%3A&y=[:]"
    assert caller.get(f"{server.url}?only=query")["body"] == "2"
    assert caller.get(f'{server.url}/ü "<|')["body"] == "3"


def test_white_space_around_a_url_is_no_part_of_it(server: HttpServer, caller: Caller) -> None:
    assert caller.get(server.on("/a", answer(b"hi")) + " \n")["body"] == "hi"
    assert sent(server).target == "/a"


# --- our further options ---------------------------------------------------------------------------------------------


def test_query_is_added_to_the_url(server: HttpServer, caller: Caller) -> None:
    server.on("/", answer())
    caller.get(f"{server.url}/?a=1#f", query={"z": "ü &=", "list": [1, True, None], "none": None})
    assert sent(server).target == "/?a=1&list=1&list=true&z=%C3%BC%20%26%3D"
    caller.get(f"{server.url}/", query={})
    assert sent(server).target == "/"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    query=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_any_query_arrives_as_it_was_given(server: HttpServer, caller: Caller, query: dict[str, str]) -> None:
    caller.get(server.on("/q", answer()), query=dict(query))
    received = parse_qsl(urlsplit(sent(server).target).query, keep_blank_values=True)
    assert received == sorted(query.items())


def test_json_is_sent_with_its_type(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer())
    value = {"b": [1, None, 2.5], "a": "ü"}
    caller.call("http_post", url, "", {"json": value})
    assert json.loads(sent(server).body) == value
    assert sent(server).header("content-type") == "application/json"
    caller.request("PUT", url, json=None, headers={"Content-Type": "application/merge-patch+json"})
    assert (sent(server).body, sent(server).header("content-type")) == (b"null", "application/merge-patch+json")


def test_forms_are_urlencoded(server: HttpServer, caller: Caller) -> None:
    caller.call("http_post", server.on("/", answer()), None, {"form": {"a b": "1+1 = 2", "l": [1, 2], "n": None}})
    assert sent(server).body == b"a+b=1%2B1+%3D+2&l=1&l=2"
    assert sent(server).header("content-type") == "application/x-www-form-urlencoded"


def test_bytes_are_sent_from_base64(server: HttpServer, caller: Caller) -> None:
    data = bytes(range(256))
    caller.request("POST", server.on("/", answer()), body_base64=base64.b64encode(data).decode())
    assert sent(server).body == data
    assert sent(server).header("content-type") is None


def test_multipart_forms_hold_texts_bytes_and_files(server: HttpServer, caller: Caller, tmp_path: Path) -> None:
    (tmp_path / 'a"b.bin').write_bytes(b"\x00\xff\r\n")
    caller.call(
        "http_post",
        server.on("/", answer()),
        "",
        {
            "multipart": {
                "text": "ü",
                "many": [1, 2],
                "file": {"path": str(tmp_path / 'a"b.bin')},
                "raw": {"base64": "AAE=", "filename": "r.png", "content_type": "image/png"},
                "typed": {"content": {"k": 1}, "content_type": "text/plain\r\nX-Evil: 1"},
            }
        },
    )
    request = sent(server)
    head = f"content-type: {request.header('content-type')}\r\n\r\n".encode()
    parts = message_from_bytes(head + request.body).get_payload()
    assert isinstance(parts, list)
    found = [(part["content-disposition"], part["content-type"], part.get_payload(decode=True)) for part in parts]
    assert found == [
        ('form-data; name="file"; filename="a%22b.bin"', "application/octet-stream", b"\x00\xff\r\n"),
        ('form-data; name="many"', None, b"1"),
        ('form-data; name="many"', None, b"2"),
        ('form-data; name="raw"; filename="r.png"', "image/png", b"\x00\x01"),
        ('form-data; name="text"', None, "ü".encode()),
        ('form-data; name="typed"', "text/plain  X-Evil: 1", b"{k: 1}"),
    ]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"json": 1, "form": {}}, "http_get: options `json` and `form` exclude each other"),
        ({"body": "x", "body_base64": ""}, "http_get: options `body` and `body_base64` exclude each other"),
        ({"body_base64": "a"}, "http_get: option `body_base64` is no base64: Invalid input length: 1"),
        ({"form": [1]}, "http_get: option `form` has to be a dict, but is of type list"),
        (
            {"multipart": {"f": {}}},
            "http_get: option `multipart.f` needs exactly one of `content`, `base64` and `path`",
        ),
        (
            {"multipart": {"f": {"file": "x"}}},
            "http_get: option `multipart.f` has no `file`; there are: content, base64, path, filename, content_type",
        ),
        (
            {"multipart": {"f": {"path": "/no/such"}}},
            "Failed to read file /no/such: No such file or directory (os error 2)",
        ),
        ({"query": "a=1"}, "http_get: option `query` has to be a dict, but is 'a=1'"),
        ({"max_bytes": 0}, "http_get: option `max_bytes` has to be a positive int, but is '0'"),
        ({"max_bytes": Duration(5)}, "http_get: option `max_bytes` has to be a positive int, but is of type duration"),
        ({"response": "json"}, "http_get: option `response` has to be one of text, base64, but is 'json'"),
        ({"save_to": ""}, "http_get: option `save_to` has to be a path, but is ''"),
        ({"save_to": 1}, "http_get: option `save_to` has to be a path, but is '1'"),
        (
            {"save_to": "x", "response": "base64"},
            'http_get: options `save_to` and `response: "base64"` exclude each other',
        ),
    ],
)
def test_further_options_that_make_no_sense_throw(caller: Caller, options: dict[str, object], error: str) -> None:
    assert caller.error("http_get", "http://127.0.0.1:1/", options) == error


def test_a_body_argument_and_a_body_option_of_another_form_exclude_each_other(caller: Caller) -> None:
    error = caller.error("http_post", "http://127.0.0.1:1/", "text", {"json": 1})
    assert error == "http_post: there is a body already, so option `json` makes no sense"


def test_unknown_options_are_warned_of_once(server: HttpServer, caller: Caller) -> None:
    url = server.on("/", answer())
    caller.get(url, timout=5, colour="red")
    caller.get(url, timout=6)
    first, second = caller.world.errors.splitlines()
    assert first.startswith("[harn] warning: http_get: unknown option `colour`; there are: timeout, retries, ")
    assert second == "[harn] warning: http_get: unknown option `timout`, did you mean `timeout`?"


def test_the_reference_names_every_option_and_its_default(caller: Caller) -> None:
    text = declarations_of(http)[-1].doc
    for name in OPTIONS:
        assert f"`{name}" in text, name
    for default in (DEFAULT_TIMEOUT_MS, DEFAULT_BACKOFF_MS, DEFAULT_MAX_REDIRECTS, DEFAULT_MAX_BYTES):
        assert str(default) in text


# --- what cannot be sent ---------------------------------------------------------------------------------------------

_TOKENS = "it may only consist of letters, digits and !#$%&'*+-.^_`|~"


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("http_get", ""), "http_get: URL is required"),
        (("http_post", ""), "http_post: URL is required"),
        (("http_put",), "http_put: URL is required"),
        (("http_patch",), "http_patch: URL is required"),
        (("http_delete",), "http_delete: URL is required"),
        (("http_request",), "http_request: method is required"),
        (("http_request", ""), "http_request: method is required"),
        (("http_request", "GET"), "http_request: URL is required"),
        (("http_get", None), "http: URL must start with http:// or https://, got 'nil'"),
        (("http_get", "HTTP://h"), "http: URL must start with http:// or https://, got 'HTTP://h'"),
        (("http_get", "ftp://me:secret@h/"), "http: URL must start with http:// or https://, got 'ftp://***@h/'"),
        (("http_get", "me:secret@h/"), "http: URL must start with http:// or https://, got '***@h/'"),
        (("http_request", "G T", "x:"), "http: URL must start with http:// or https://, got 'x:'"),
        (("http_request", "g t", "http://h"), f"http: invalid method 'G T': {_TOKENS}"),
        (("http_request", "G\r\n", "http://h"), f"http: invalid method 'G\r\n': {_TOKENS}"),
        (
            ("http_get", "http://h", {"auth": "a\nb", "headers": {"": 1}}),
            "http: invalid auth header value: it contains the control character U+000A",
        ),
        (
            ("http_get", "http://h", {"auth": {"bearer": "a\x00"}}),
            "http: invalid bearer token: it contains the control character U+0000",
        ),
        (("http_get", "http://h", {"headers": {"": 1}}), "http: invalid header name '': it is empty"),
        (("http_get", "http://h", {"headers": {"a b": 1}}), f"http: invalid header name 'a b': {_TOKENS}"),
        (("http_get", "http://h", {"headers": {"ü": 1}}), f"http: invalid header name 'ü': {_TOKENS}"),
        (
            ("http_get", "http://h", {"headers": {"a": "b\r\nc: d"}}),
            "http: invalid header value for 'a': it contains the control character U+000D",
        ),
        (
            ("http_get", "http://h", {"headers": {"a": "\ud800"}}),
            "http: invalid header value for 'a': it contains a lone surrogate, which UTF-8 cannot hold",
        ),
        (("http_get", "http://"), "http: request failed: invalid URL 'http://': empty host"),
        (
            ("http_get", "http://me:secret@h:x/"),
            "http: request failed: invalid URL 'http://***@h:x/': invalid port number",
        ),
        (
            ("http_get", "http://h/\ud800"),
            "http: request failed: invalid URL 'http://h/\ud800': it contains a lone surrogate, which UTF-8 cannot hold",
        ),
        (
            ("http_post", "http://h/", "\ud800"),
            "http: request failed: the body contains a lone surrogate, which UTF-8 cannot hold",
        ),
    ],
)
def test_errors_before_anything_is_sent(caller: Caller, call: tuple[str, ...], error: str) -> None:
    assert caller.error(*call) == error
    assert caller.runtime.scheduler.has_loop is False


_TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(["\r\n", "%", "//", "@", ":", "[", "]", "\\", "?", "#"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    tail=st.lists(_TEXT, max_size=6).map("".join),
    name=_TEXT,
    value=st.lists(_TEXT, max_size=3).map("".join),
    method=_TEXT,
    auth=_TEXT,
)
def test_no_url_header_or_method_whatever_leads_to_more_than_an_error_text(
    server: HttpServer, caller: Caller, tail: str, name: str, value: str, method: str, auth: str
) -> None:
    server.on("/", answer(b"hi"))
    before = len(server.requests)
    options = {"headers": {name: value}, "auth": {"basic": {"user": auth}}, "timeout": 5000}
    for given_url, given_method, given_options in [
        (server.url + "/" + tail, "GET", {}),
        (server.url + "/", "GET", options),
        (server.url + "/", method or "x", {}),
        # Nothing but a host that does not exist, whatever is made of it.
        ("http://" + tail + ".invalid:1/", "GET", {"timeout": 0}),
    ]:
        try:
            caller.request(given_method, given_url, **given_options)
        except HarnError as error:
            assert type(error.caught) is str
            assert error.caught.startswith("http: ")
    # Nobody can smuggle a second request into one.
    assert len(server.requests) - before <= 3
