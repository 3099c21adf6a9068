"""URLs taken apart: the host that a policy sees is the one that is connected to, whatever the URL looks like."""

from __future__ import annotations

import string
from ipaddress import ip_address

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from harnpy.vm.http.addresses import Address, hidden_userinfo, parse, redirected

# Characters that parsers disagree about, and some that they do not.
_TRICKY = st.text(st.sampled_from("/\\?#@:[]%.-_ \t\r\n\x00ab1é。\u2100\uff0f\ud800"), max_size=14)
_URLS = st.builds(
    "http{}".format, st.builds("{}{}".format, st.sampled_from(["://", "s://"]), _TRICKY | st.text(max_size=14))
)


def check(address: Address) -> None:
    """What must hold of every address."""
    sent = URL(address.url, encoded=True)
    assert (sent.scheme, sent.raw_host, sent.port) == (address.scheme, address.host, address.port)
    assert sent.raw_path_qs == address.path
    assert sent.raw_user is None and sent.raw_password is None
    assert address.host == address.host.lower()
    assert address.url.isascii()
    assert not set(address.url) & set(' \t\r\n\x00\\"<>^`{|}#')
    assert 0 <= address.port < 65536


@settings(deadline=None, max_examples=500)
@given(url=_URLS)
@example("http://good\\@evil/")
@example("http://good#@evil/")
@example("http://good?@evil/")
@example("http://evil@good:80@other/")
@example("http://[::1]evil/")
@example("http://[::ffff:1.2.3.4%25x]/")
@example("http://a\tb\n.c/")
@example("http://evil。com/")
@example("http://a℀b/")
def test_the_host_that_is_named_is_the_host_that_is_asked(url: str) -> None:
    try:
        address = parse(url)
    except ValueError:
        return
    check(address)
    assert parse(address.url) == Address(address.scheme, address.host, address.port, address.path)


@settings(deadline=None, max_examples=500)
@given(location=_TRICKY | _URLS | st.text(max_size=12))
def test_redirects_lead_to_such_an_address_or_nowhere(location: str) -> None:
    try:
        check(redirected(parse("http://h:8080/a/b?q"), location))
    except ValueError:
        return


@settings(deadline=None)
@given(
    user=st.text(string.ascii_letters, min_size=6, max_size=6),
    password=st.text(string.ascii_letters + ":!", min_size=6),
    scheme=st.sampled_from(["http://", "https://", "ftp://", "socks5://", "//", ""]),
)
def test_texts_for_people_have_no_credentials(user: str, password: str, scheme: str) -> None:
    assert hidden_userinfo(f"{scheme}{user}:{password}@host/path") == f"{scheme}***@host/path"


@given(number=st.integers(0, 2**32 - 1), form=st.sampled_from(["{}", "{:#x}", "0{:o}"]))
def test_numbers_are_ipv4_addresses_in_one_form(number: int, form: str) -> None:
    assert parse(f"http://{form.format(number)}/").host == str(ip_address(number))


@pytest.mark.parametrize(
    ("url", "origin", "path"),
    [
        ("http://H", "http://h", "/"),
        ("https://h:443/", "https://h", "/"),
        ("https://h:80/", "https://h:80", "/"),
        ("http://h:/a", "http://h", "/a"),
        ("http://MÜNCHEN.de", "http://xn--mnchen-3ya.de", "/"),
        ("http://0x7f.1/", "http://127.0.0.1", "/"),
        ("http://[0:0::1]:81/", "http://[::1]:81", "/"),
        ("http://h/%2e%2E/ü%zz", "http://h", "/%2e%2E/%C3%BC%zz"),
        ("http://h?a=b c#d?e", "http://h", "/?a=b%20c"),
        ("http://h/a/../b//c/.", "http://h", "/a/../b//c/."),
    ],
)
def test_examples(url: str, origin: str, path: str) -> None:
    address = parse(url)
    assert (address.origin, address.path) == (origin, path)


@pytest.mark.parametrize(
    "url",
    [
        *("http://", "http:///a", "http://:80/", "http://u@/", "http://h:-1/", "http://h:65536/", "http://h:٣/"),
        *("http://[::1", "http://[h]/", "http://a b/", "http://%41/", "http://1.2.3.256/", "http://1.2.3.4.5/"),
        *("ftp://h", "http:h", "//h"),
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError):
        parse(url)
