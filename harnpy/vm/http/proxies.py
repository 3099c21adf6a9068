"""Which proxy the environment names for a request: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, in either case."""

from __future__ import annotations

import re

from harnpy.vm.http.addresses import hidden_userinfo

# A name or an address in brackets; the colons of a bare IPv6 address are its own.
_WITH_PORT = re.compile(r"([^:]+|\[.*\]):([0-9]+)\Z")


class UnusableProxy(Exception):
    """The environment names a proxy that cannot be used; the text says which and why."""


def proxy_for(scheme: str, host: str, port: int) -> str | None:
    """The URL of the proxy for requests to a host; None for a direct connection. Raises UnusableProxy."""
    from urllib.request import getproxies_environment

    # Ignores HTTP_PROXY in CGI programs, where a client can set it by a header.
    proxies = getproxies_environment()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or is_direct(host, port, proxies.get("no", "")):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        raise UnusableProxy(f"the proxy {hidden_userinfo(proxy)} is no HTTP proxy, and others are not supported")
    return proxy


def is_direct(host: str, port: int, exceptions: str) -> bool:
    """Whether a list as in NO_PROXY has a host: by its name, a domain above it, a network of addresses, or `*`."""
    for entry in exceptions.split(","):
        entry = entry.strip().lower()
        if entry == "*":
            return True
        if "/" in entry:
            if _is_within(host, entry):
                return True
            continue
        with_port = _WITH_PORT.match(entry)
        if with_port is not None:
            if int(with_port[2]) != port:
                continue
            entry = with_port[1]
        entry = entry.strip("[]").lstrip(".")
        if entry and (host == entry or host.endswith(f".{entry}")):
            return True
    return False


def _is_within(host: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
