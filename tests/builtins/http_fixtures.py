"""Fixtures of HTTP tests: a server on loopback, a runtime that calls it, and no proxy between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_programs import Caller
from http_server import HttpServer
from provider_fixtures import no_proxy_of_this_machine

__all__ = ["caller", "no_proxy_of_this_machine", "server"]


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        yield running


@pytest.fixture
def caller() -> Iterator[Caller]:
    with Caller() as made:
        yield made
