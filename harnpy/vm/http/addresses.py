"""URLs of requests: taken apart, checked and made fit for the wire; the targets of redirects; URLs in error texts.

Escapes that are in a URL stay as they are, since servers check signatures over them; what may not stand in one is
escaped. The host comes out in the one form that a policy can compare: lower case, ASCII, numbers as dotted decimals.
"""

from __future__ import annotations

import re

from harnpy.records import Record

DEFAULT_PORTS = {"http": 80, "https": 443}

# What may stand in a path or a query (RFC 3986 sections 3.3 and 3.4) besides letters and digits; escapes are kept.
_SAFE = "!$%&'()*+,/:;=?@[]-._~"
_USERINFO = re.compile(r"//[^/?#\\]*@")
_BARE_USERINFO = re.compile(r"\A[^/?#@]*:[^/?#]*@")
_NUMERIC_HOST = re.compile(r"(?:(?:0[xX][0-9a-fA-F]*|[0-9]+)(?:\.|\Z))+\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


class Address(Record):
    """A URL taken apart. path has the query and begins with a slash; userinfo is that of the URL, decoded, or None."""

    scheme: str
    host: str
    port: int
    path: str
    userinfo: str | None = None

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def url(self) -> str:
        """The URL as it is sent: without userinfo and fragment."""
        return self.origin + self.path

    @property
    def shown(self) -> str:
        """The URL as error texts name it: without what may be secret."""
        return self.origin + self.path.partition("?")[0]


def parse(url: str) -> Address:
    """Take an http or https URL apart. Raises ValueError, which says what is wrong with it.

    White space around a URL and line breaks in it are no part of it (WHATWG URL standard, as browsers do).
    """
    from urllib.parse import quote, unquote

    url = url.strip("".join(map(chr, range(33)))).translate({9: None, 10: None, 13: None})
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError("it has to begin with http:// or https://")
    rest = rest.partition("#")[0]
    end = next((place for place, character in enumerate(rest) if character in "/?\\"), len(rest))
    authority, path = rest[:end], rest[end:]
    userinfo, at, place = authority.rpartition("@")
    host, port = _host_and_port(place)
    try:
        path = quote(path, safe=_SAFE)
    except UnicodeEncodeError:
        raise ValueError("it contains a lone surrogate, which UTF-8 cannot hold") from None
    if not path.startswith("/"):
        path = f"/{path}"
    if path.find("?") == len(path) - 1:
        path = path[:-1]  # a query of nothing is none
    return Address(scheme, host, port or DEFAULT_PORTS[scheme], path, unquote(userinfo) if at else None)


def redirected(base: Address, location: str) -> Address:
    """Where a Location header leads from base. Raises ValueError for no URL and for one of another scheme."""
    from urllib.parse import urljoin

    scheme = _SCHEME.match(location)
    if scheme is None:
        return parse(urljoin(base.url, location))
    if scheme[1].lower() not in DEFAULT_PORTS:
        raise ValueError(f"only http and https are followed, not {scheme[1].lower()}")
    return parse(location)


def hidden_userinfo(url: str) -> str:
    """Any text that is meant as a URL, without the user and the password that stand in it."""
    return _BARE_USERINFO.sub("***@", _USERINFO.sub("//***@", url)) if "@" in url else url


def _host_and_port(place: str) -> tuple[str, int | None]:
    if place.startswith("["):
        host, bracket, port = place[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            raise ValueError("invalid IPv6 address")
        port = port[1:]
        host = _ipv6(host)
    else:
        host, _, port = place.partition(":")
        host = _named(host)
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit() and len(port) < 10 and int(port) < 65536):
        raise ValueError("invalid port number")
    return host, int(port)


def _ipv6(text: str) -> str:
    from ipaddress import AddressValueError, IPv6Address

    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise ValueError("invalid IPv6 address") from None


def _named(text: str) -> str:
    """The ASCII form of a host name or an IPv4 address."""
    if not text:
        raise ValueError("empty host")
    if _NUMERIC_HOST.match(text):
        return _ipv4(text)
    from yarl import URL

    try:
        host = URL.build(scheme="http", host=text).raw_host
    except ValueError:
        host = None
    if not host or "%" in host:
        raise ValueError("invalid international domain name" if not text.isascii() else "invalid host name")
    return _ipv4(host) if _NUMERIC_HOST.match(host) else host


def _ipv4(text: str) -> str:
    """Four decimal numbers, whatever of the historical forms (`0x7f.1`) text has: resolvers take them all."""
    from socket import inet_aton, inet_ntoa

    try:
        return inet_ntoa(inet_aton(text.removesuffix(".")))
    except (OSError, UnicodeError):
        raise ValueError("invalid IPv4 address") from None
