"""Provider files and the `[llm]` section of `harn.toml`: TOML text -> configuration (chapter 11 section 5.1).

A provider file is a whole configuration of its own; the section of a project's manifest is laid over one. Values of a
wrong type are errors of the whole text, as a typing mistake in a key's place would be. Nothing here reads a file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from harnpy.llm.json_values import Json
from harnpy.llm.providers.table import BUILT_IN, Alias, Configuration, HealthCheck, Provider, Rule

_EMPTY = Configuration(providers=MappingProxyType({}), aliases=MappingProxyType({}), inference_rules=(), tier_rules=())

# What `[model_prices."GLOB"]` may hold.
_PRICES = ("input", "output", "cache_read", "cache_write")

_KINDS = {str: "a string", int: "an integer", dict: "a table", list: "a list"}


class BadConfiguration(Exception):
    """The text is no TOML, or a value in it is not of the type that its key takes; str() says which."""


def parse_provider_file(text: str, source: str) -> Configuration:
    """The configuration that a provider file describes, without any defaults. Raises BadConfiguration."""
    return _laid_over(_EMPTY, _Table(_parsed(text)), source)


def with_manifest(base: Configuration, text: str, path: str) -> Configuration:
    """base with what the `[llm]` section of a manifest says; base itself if there is none.

    Entries of providers and model tables are merged key by key, rules are tried before those of base. Raises
    BadConfiguration.
    """
    section = _Table(_parsed(text)).table("llm")
    return base if section is None else _laid_over(base, section, f"{path} over {base.source}")


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadConfiguration(str(error)) from None


def _laid_over(base: Configuration, table: _Table, source: str) -> Configuration:
    providers = dict(base.providers)
    for name, entry in table.tables("providers"):
        providers[name] = _provider(name, entry, base.providers.get(name))
    aliases = dict(base.aliases)
    for name, entry in table.tables("aliases"):
        aliases[name] = Alias(
            entry.required_text("id"), entry.required_text("provider"), entry.optional_text("tool_format")
        )
    tiers = table.table("tier_defaults")
    tier = None if tiers is None else tiers.optional_text("default")
    return Configuration(
        providers=MappingProxyType(providers),
        aliases=MappingProxyType(aliases),
        inference_rules=(*_rules(table, "inference_rules", "provider"), *base.inference_rules),
        tier_rules=(*_rules(table, "tier_rules", "tier"), *base.tier_rules),
        default_tier=base.default_tier if tier is None else tier,
        model_defaults=_by_glob(
            base.model_defaults, [(glob, each.values) for glob, each in table.tables("model_defaults")]
        ),
        model_prices=_by_glob(
            base.model_prices, [(glob, _prices(each)) for glob, each in table.tables("model_prices")]
        ),
        source=source,
    )


def _provider(name: str, table: _Table, before: Provider | None) -> Provider:
    """The entry of a provider: what table says, then what it was before, then the defaults."""
    base_url = table.optional_text("base_url")
    if before is None:
        before = Provider(name, table.required_text("base_url"))
    given: dict[str, Any] = {
        "base_url": base_url,
        "base_url_env": table.optional_text("base_url_env"),
        "auth_style": table.optional_text("auth_style"),
        "auth_header": table.optional_text("auth_header"),
        "auth_env": table.text_or_texts("auth_env"),
        "extra_headers": _headers(table),
        "chat_endpoint": table.optional_text("chat_endpoint"),
        "completion_endpoint": table.optional_text("completion_endpoint"),
        "healthcheck": _healthcheck(table),
        "features": table.texts("features"),
        "fallback": table.optional_text("fallback"),
        "requests_per_minute": table.count("rpm"),
        "tokens_per_minute": table.count("tpm"),
    }
    for ignored in ("retry_count", "retry_delay_ms"):
        table.count(ignored)
    if base_url is not None:
        known = BUILT_IN.providers.get(name)
        given["self_configured"] = known is None or known.base_url != base_url
    if given["base_url_env"] is not None:
        given["base_url_env_version"] = ""  # what the old variable lacks is no matter of the new one
    return replace(before, **{key: value for key, value in given.items() if value is not None})


def _headers(table: _Table) -> Mapping[str, str] | None:
    headers = table.table("extra_headers")
    if headers is None:
        return None
    return MappingProxyType({name: headers.required_text(name) for name in headers.values})


def _healthcheck(table: _Table) -> HealthCheck | None:
    check = table.table("healthcheck")
    if check is None:
        return None
    return HealthCheck(
        check.required_text("method"),
        path=check.optional_text("path"),
        url=check.optional_text("url"),
        body=check.optional_text("body"),
    )


def _rules(table: _Table, key: str, result: str) -> list[Rule]:
    return [
        Rule(
            rule.required_text(result),
            exact=rule.optional_text("exact"),
            pattern=rule.optional_text("pattern"),
            contains=rule.optional_text("contains"),
        )
        for rule in table.list_of_tables(key)
    ]


def _prices(table: _Table) -> dict[str, float]:
    prices = {name: table.amount(name) for name in _PRICES}
    return {name: price for name, price in prices.items() if price is not None}


def _by_glob(
    before: Mapping[str, Mapping[str, Any]], given: list[tuple[str, dict[str, Any]]]
) -> Mapping[str, Mapping[str, Any]]:
    merged: dict[str, Mapping[str, Json]] = dict(before)
    for glob, values in given:
        merged[glob] = MappingProxyType({**merged.get(glob, {}), **values})
    return MappingProxyType(merged)


class _Table:
    """A TOML table and where it stands. Every reader raises BadConfiguration for a value of another type."""

    def __init__(self, values: dict[str, Any], place: str = "") -> None:
        self.values = values
        self._place = place

    def optional_text(self, key: str) -> str | None:
        value = self._value(key, str)
        return value if type(value) is str else None

    def required_text(self, key: str) -> str:
        value = self.optional_text(key)
        if value is None:
            raise BadConfiguration(f"{self._place or 'the file'}: missing field `{key}`")
        return value

    def count(self, key: str) -> int | None:
        value = self._value(key, int)
        if value is None:
            return None
        if type(value) is not int or value < 0:
            raise BadConfiguration(f"{self._at(key)}: expected a whole number from 0 on")
        return value

    def amount(self, key: str) -> float | None:
        value = self.values.get(key)
        if value is None:
            return None
        if type(value) not in (int, float) or not 0 <= value < float("inf"):
            raise BadConfiguration(f"{self._at(key)}: expected USD for a million tokens, 0 or more")
        return float(value)

    def texts(self, key: str) -> tuple[str, ...] | None:
        values = self._value(key, list)
        if values is None:
            return None
        if any(type(each) is not str for each in values):
            raise BadConfiguration(f"{self._at(key)}: expected a list of strings")
        return tuple(values)

    def text_or_texts(self, key: str) -> tuple[str, ...] | None:
        value = self.values.get(key)
        texts = (value,) if type(value) is str else self.texts(key)
        return None if texts is None else tuple(text for text in texts if text)

    def table(self, key: str) -> _Table | None:
        value = self._value(key, dict)
        return None if value is None else _Table(value, self._at(key))

    def tables(self, key: str) -> list[tuple[str, _Table]]:
        """The tables in a table, by name; none if there is no such table."""
        outer = self.table(key)
        if outer is None:
            return []
        return [(name, outer._inner(name)) for name in outer.values]

    def list_of_tables(self, key: str) -> list[_Table]:
        values = self._value(key, list)
        found = []
        for index, value in enumerate(values or ()):
            if type(value) is not dict:
                raise BadConfiguration(f"{self._at(key)}[{index}]: expected a table")
            found.append(_Table(value, f"{self._at(key)}[{index}]"))
        return found

    def _inner(self, key: str) -> _Table:
        table = self.table(key)
        assert table is not None
        return table

    def _value(self, key: str, kind: type) -> Any:
        value = self.values.get(key)
        if value is not None and type(value) is not kind:
            raise BadConfiguration(f"{self._at(key)}: expected {_KINDS[kind]}")
        return value

    def _at(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key
