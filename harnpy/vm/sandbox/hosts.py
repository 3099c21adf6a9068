"""Hosts as scopes: `api.example.com`, `*.example.com`, `127.0.0.1:8080`, `[::1]`.

A name is compared as it is written, whatever it resolves to: an address is not allowed by a name, nor a name by an address.
"""

from __future__ import annotations

from harnpy.records import Record
from harnpy.vm.http.addresses import parse


class HostScope(Record):
    """port is None for any. With below, the names below host are meant and not host itself."""

    host: str
    port: int | None
    below: bool

    def covers(self, host: str, port: int) -> bool:
        host = canonical(host)
        if self.port is not None and port != self.port:
            return False
        return host.endswith(f".{self.host}") if self.below else host == self.host


def host_scope(text: str) -> HostScope:
    """The scope that a text means. Raises ValueError, which says what is wrong with it."""
    if any(character in text for character in "/?#@\\ \t\r\n"):
        raise ValueError("a scope is HOST, *.HOST or HOST:PORT, without scheme, user and path")
    below = text.startswith("*.")
    place = text[2:] if below else text
    if place.count(":") > 1 and not place.startswith("["):
        place = f"[{place}]"
    address = parse(f"http://{place}")
    has_port = place.rpartition("]")[2].rpartition(":")[2].isdigit() and ":" in place.rpartition("]")[2]
    return HostScope(canonical(address.host), address.port if has_port else None, below)


def canonical(host: str) -> str:
    """The one form of a host name; a dot at its end changes nothing."""
    return host.lower().removesuffix(".")


def shown_place(host: str, port: int, default: int | None = None) -> str:
    """A host with its port, unless that is default."""
    name = f"[{host}]" if ":" in host else host
    return name if port == default else f"{name}:{port}"
