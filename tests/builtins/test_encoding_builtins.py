"""Base64, percent-encoding, digests, structural hashes and UUIDs."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import quote, unquote_plus

import pytest
from builtin_calls import call, caught, set_of
from data_values import data
from hypothesis import given
from hypothesis import strategies as st
from support import run_source

from harnpy.vm.compare import structural_encoding
from harnpy.vm.values import Duration, Range, Value


@pytest.mark.parametrize(
    ("name", "argument", "result"),
    [
        ("base64_encode", "hi", "aGk="),
        ("base64_encode", "é", "w6k="),
        ("base64_encode", "", ""),
        ("base64_encode", 12, "MTI="),
        ("base64_encode", None, "bmls"),
        ("base64_decode", "aGk=", "hi"),
        ("base64_decode", "", ""),
        ("base64_decode", "//79", "\ufffd\ufffd\ufffd"),
        ("base64_decode", "w6k=", "é"),
        ("url_encode", "a b/é-_.~+", "a%20b%2F%C3%A9-_.~%2B"),
        ("url_decode", "a%20b+c%2f%C3%A9", "a b c/é"),
        ("url_decode", "100%", "100%"),
        ("url_decode", "%zz%4", "%zz%4"),
        ("url_decode", "%ff%41", "\ufffdA"),
        ("url_decode", "é%2B", "é+"),
        ("sha256", "abc", hashlib.sha256(b"abc").hexdigest()),
        ("sha256", None, hashlib.sha256(b"nil").hexdigest()),
        ("sha224", "é", hashlib.sha224("é".encode()).hexdigest()),
        ("sha384", "", hashlib.sha384(b"").hexdigest()),
        ("sha512", "abc", hashlib.sha512(b"abc").hexdigest()),
        ("sha512_256", "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        ("md5", "abc", "900150983cd24fb0d6963f7d28e17f72"),
    ],
)
def test_row(name: str, argument: Value, result: str) -> None:
    assert call(name, argument) == result


def test_a_missing_text_is_empty() -> None:
    assert call("base64_encode") == ""
    assert call("md5") == hashlib.md5(b"").hexdigest()


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("aGk", "Invalid padding"),
        ("aGk=\n", "Invalid symbol 10, offset 4."),
        ("aG k", "Invalid symbol 32, offset 2."),
        ("aGk-", "Invalid symbol 45, offset 3."),
        ("a", "Invalid input length: 1"),
        ("aGk=a", "Invalid symbol 61, offset 3."),
        ("aGl=", "Invalid last symbol 108, offset 2."),
        ("aH==", "Invalid last symbol 72, offset 1."),
        ("=", "Invalid symbol 61, offset 0."),
        ("a===", "Invalid symbol 61, offset 1."),
        ("aG=k", "Invalid symbol 61, offset 2."),
        ("aGk=aGk=", "Invalid symbol 61, offset 3."),
        ("é", "Invalid symbol 195, offset 0."),
    ],
)
def test_bad_base64_is_a_runtime_error_with_the_place(text: str, detail: str) -> None:
    assert caught(call, "base64_decode", text) == f"Runtime error: base64 decode error: {detail}"


@given(st.text())
def test_base64_reads_back(text: str) -> None:
    encoded = call("base64_encode", text)
    assert encoded == base64.b64encode(text.encode()).decode()
    assert call("base64_decode", encoded) == text


@given(st.text(alphabet="aAQgw4+/=\n", max_size=12))
def test_base64_accepts_exactly_the_canonical_form(text: str) -> None:
    try:
        canonical = base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except ValueError:
        canonical = False
    if canonical:
        call("base64_decode", text)
    else:
        assert caught(call, "base64_decode", text).startswith("Runtime error: base64 decode error: Invalid ")


@given(st.text())
def test_percent_encoding_reads_back(text: str) -> None:
    encoded = call("url_encode", text)
    assert encoded == quote(text, safe="-_.~")
    assert call("url_decode", encoded) == text


@given(st.text(alphabet="%aA2fé+ \ud7ff"))
def test_percent_decoding_agrees_with_python(text: str) -> None:
    assert call("url_decode", text) == unquote_plus(text, errors="replace")


def fnv(text: str) -> int:
    digest = 0xCBF29CE484222325
    for byte in text.encode():
        digest = ((digest ^ byte) * 0x100000001B3) % 2**64
    return digest - 2**64 if digest >= 2**63 else digest


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        (None, "N"),
        (True, "T"),
        (False, "F"),
        (-5, "i-5;"),
        (1.0, "f4607182418800017408;"),
        (-0.0, "f9223372036854775808;"),
        (Duration(5000), "d5000;"),
        ("é", "s2:é"),
        ([1, "a"], "Li1;,s1:a,]"),
        ({"b": 1, "a": None}, "D1:a=N,1:b=i1;,}"),
        (Range(1, 3, True), "o5:range6:1 to 3"),
    ],
)
def test_hash_value_digests_the_structural_encoding(value: Value, encoding: str) -> None:
    assert call("hash_value", value) == fnv(encoding)


def test_the_hash_of_a_set_does_not_depend_on_its_order() -> None:
    assert call("hash_value", set_of(1, "a")) == call("hash_value", set_of("a", 1)) == fnv("Si1;,s1:a,}")


@given(data())
def test_hash_value_is_a_signed_64_bit_int(value: Value) -> None:
    assert call("hash_value", value) == fnv(structural_encoding(value))
    assert -(2**63) <= call("hash_value", value) < 2**63


def test_uuid_is_a_random_version_4_uuid() -> None:
    output = run_source("println(uuid())\nprintln(uuid())").split()
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each) for each in output
    )
    assert output[0] != output[1]
