"""The checks of `harn doctor`; they are also what loads the LLM layer, which its help does without."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from harnpy.cli import manifest
from harnpy.cli.model_view import model_view
from harnpy.cli.terminal import Paint
from harnpy.llm.context import CallContext
from harnpy.llm.health import probe
from harnpy.llm.providers.table import Provider
from harnpy.llm.resolve import MOCK, resolve_key
from harnpy.vm.errors import HarnError
from harnpy.vm.os_errors import reason

# How long a provider may take to answer.
TIMEOUT_SECONDS = 5.0

# The tools that are asked for their version, by label. Harn runs in the Python that runs this.
_TOOLS = {"python": sys.executable, "git": "git"}

OK, WARN, FAIL, SKIP = "OK", "WARN", "FAIL", "SKIP"


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check; status is OK, WARN, FAIL or SKIP."""

    status: str
    label: str
    detail: str

    def line(self, paint: Paint) -> str:
        """The check as the report shows it."""
        colours = {OK: paint.green, WARN: paint.yellow, FAIL: paint.red, SKIP: paint.dim}
        return f"{' ' * (4 - len(self.status))}{colours[self.status](self.status)}  {self.label:<22} {self.detail}"


def all_checks(network: bool) -> Iterator[Check]:
    """Every check, in the order of the report, each done when it is asked for; network: whether to ask providers."""
    for label, program in _TOOLS.items():
        yield _tool(label, program)
    with model_view() as context:
        yield from _selection(context)
        yield from _manifest()
        providers = context.configuration.providers
        for name in sorted(providers):
            yield _provider(context, providers[name], network)


def _tool(label: str, program: str) -> Check:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        return Check(FAIL, label, f"not found in PATH: {reason(error)}")
    if done.returncode != 0:
        return Check(FAIL, label, f"command exists but exited with {_ending(done.returncode)}")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return Check(OK, label, lines[0] if lines else "")


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status: {status}"
    try:
        return f"signal: {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"signal: {-status}"


def _selection(context: CallContext) -> Iterator[Check]:
    """The environment variables that choose providers, if they are set."""
    path = context.env("HARN_PROVIDERS_CONFIG")
    if path:
        detail = f"HARN_PROVIDERS_CONFIG={path}"
        if not os.path.isfile(path):
            yield Check(FAIL, "providers config", f"{detail}: no such file")
        elif context.configuration.source != path:
            yield Check(FAIL, "providers config", f"{detail}: cannot be used, see above")
        else:
            yield Check(OK, "providers config", detail)
    name = context.env("HARN_LLM_PROVIDER")
    if name:
        detail = f"HARN_LLM_PROVIDER={name}"
        known = sorted([*context.configuration.providers, MOCK])
        if name in known:
            yield Check(OK, "selected provider", detail)
        else:
            yield Check(FAIL, "selected provider", f"{detail}: unknown provider (known providers: {', '.join(known)})")


def _manifest() -> Iterator[Check]:
    path = manifest.find_anywhere_above(Path.cwd())
    if path is None:
        yield Check(WARN, "manifest", f"no {manifest.NAME} found in the current directory or its parents")
        return
    try:
        content = manifest.read(path)
    except manifest.BadManifest as error:
        yield Check(FAIL, "manifest", f"{path}: failed to parse manifest: {error}")
        return
    name = manifest.text_in(manifest.table_in(content.get("package")).get("name"))
    yield Check(OK, "manifest", f"{path} ({name or 'unnamed package'})")
    yield from _lint_rules(content)
    entries = content.get("mcp")
    yield from _mcp_servers(entries if isinstance(entries, list) else [])


def _lint_rules(content: dict[str, Any]) -> Iterator[Check]:
    """Rules that are switched off and do not exist: the linter itself says nothing about them."""
    from harnpy.analysis.rules.lint_rules import CODES
    from harnpy.analysis.suggest import suggest

    for section, key in (("lint", "disabled"), ("check", "disable_rules")):
        names = manifest.table_in(content.get(section)).get(key)
        for name in names if isinstance(names, list) else []:
            if isinstance(name, str) and name not in CODES:
                close = suggest(name, CODES)
                hint = "" if close is None else f" (did you mean `{close}`?)"
                yield Check(WARN, "lint", f"[{section}].{key}: no lint rule is called `{name}`{hint}")


def _mcp_servers(entries: list[Any]) -> Iterator[Check]:
    seen: Counter[str] = Counter()
    for number, item in enumerate(entries, 1):
        entry = manifest.table_in(item)
        name = manifest.text_in(entry.get("name"))
        if name is None:
            yield Check(FAIL, "mcp", f"entry {number} has no name")
            continue
        seen[name] += 1
        url, command = manifest.text_in(entry.get("url")), manifest.text_in(entry.get("command"))
        if seen[name] > 1:
            yield Check(FAIL, f"mcp:{name}", "duplicate MCP server name")
        elif url:
            yield Check(OK, f"mcp:{name}", f"remote {_without_password(url)}")
        elif command:
            yield Check(OK, f"mcp:{name}", f"stdio {command}")
        else:
            yield Check(WARN, f"mcp:{name}", "entry has neither url nor command")


def _provider(context: CallContext, entry: Provider, network: bool) -> Check:
    label = f"provider:{entry.name}"
    if not network:
        return Check(SKIP, label, "network checks disabled")
    try:
        resolve_key(context.configuration, context.env, entry.name)
    except HarnError:
        return Check(WARN, label, f"missing credentials ({', '.join(entry.auth_env)})")
    if entry.healthcheck is None:
        return Check(SKIP, label, "no healthcheck configured")
    reply = probe(context, entry, entry.healthcheck, TIMEOUT_SECONDS)
    url = _without_password(reply.url)
    if reply.status is None:
        problem = reply.text.replace(reply.url, url).removesuffix(f" ({url})")
        return Check(FAIL, label, f"request failed for {url}: {problem}")
    if reply.status in (401, 403):
        return Check(FAIL, label, f"auth rejected with {reply.status} at {url}")
    if not 200 <= reply.status < 300:
        return Check(WARN, label, f"unexpected HTTP {reply.status} at {url}")
    return Check(OK, label, f"{reply.status} {url}")


def _without_password(url: str) -> str:
    """A URL without what stands before `@` in its host part."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
