"""Finding and reading the configuration of providers when a run first needs it (chapter 11 section 5.1).

The first provider file that loads replaces the built-in table: that of HARN_PROVIDERS_CONFIG, then the user's. The
`[llm]` section of the project's `harn.toml` is laid over the result. Files are read through the effect seam.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harnpy.llm.providers.table import BUILT_IN, Configuration
from harnpy.vm.directories import absolute
from harnpy.vm.effects import OWN
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_USER_FILE = ".config/harn/providers.toml"
_MANIFEST = "harn.toml"
_SHOWING = ("HARN_VERBOSE_CONFIG", "HARN_ACP_VERBOSE")
_SHOWN = frozenset({"1", "true", "TRUE", "yes", "YES"})


def load_configuration(fiber: Fiber) -> Configuration:
    """The configuration of a run. What cannot be read or makes no sense is said on stderr and left out."""
    return _with_manifest(fiber, _named_file(fiber) or _user_file(fiber) or BUILT_IN)


def _named_file(fiber: Fiber) -> Configuration | None:
    path = _env(fiber, "HARN_PROVIDERS_CONFIG")
    if not path:
        return None
    from harnpy.llm.providers.files import BadConfiguration, parse_provider_file

    try:
        configuration = parse_provider_file(_text(fiber, path), path)
    except (OSError, ValueError) as error:
        _say(fiber, f"[llm_config] Cannot read {path}: {reason(error)}")
        return None
    except BadConfiguration as error:
        _say(fiber, f"[llm_config] TOML parse error in {path}: {error}")
        return None
    if any(_env(fiber, name) in _SHOWN for name in _SHOWING):
        providers, aliases = len(configuration.providers), len(configuration.aliases)
        _say(fiber, f"[llm_config] Loaded {providers} providers, {aliases} aliases from {path}")
    return configuration


def _user_file(fiber: Fiber) -> Configuration | None:
    home = _env(fiber, "HOME")
    if not home:
        return None
    path = os.path.join(home, _USER_FILE)
    if not fiber.effect_for(OWN, fiber.runtime.world.is_file, path):
        return None
    from harnpy.llm.providers.files import BadConfiguration, parse_provider_file

    try:
        return parse_provider_file(_text(fiber, path), path)
    except (OSError, ValueError, BadConfiguration):
        return None


def _with_manifest(fiber: Fiber, base: Configuration) -> Configuration:
    """base with the `[llm]` section of the nearest manifest from the entry file's directory upwards."""
    path = _manifest(fiber, os.path.dirname(absolute(fiber.runtime.entry_path)))
    if path is None:
        return base
    from harnpy.llm.providers.files import BadConfiguration, with_manifest

    try:
        return with_manifest(base, _text(fiber, path), path)
    except (OSError, ValueError) as error:
        problem = reason(error)
    except BadConfiguration as error:
        problem = str(error)
    _say(fiber, f"warning: failed to parse {path}: {problem}")
    return base


def _manifest(fiber: Fiber, directory: str) -> str | None:
    while True:
        path = os.path.join(directory, _MANIFEST)
        if fiber.effect_for(OWN, fiber.runtime.world.is_file, path):
            return path
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above


def _text(fiber: Fiber, path: str) -> str:
    data: bytes = fiber.effect_for(OWN, fiber.runtime.world.read_bytes, path)
    return data.decode()


def _env(fiber: Fiber, name: str) -> str | None:
    value: str | None = fiber.effect_for(OWN, fiber.runtime.world.env, name)
    return value


def _say(fiber: Fiber, line: str) -> None:
    fiber.effect(fiber.runtime.world.write_error, line + "\n")
