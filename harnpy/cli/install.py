"""`harn install`: fetch the dependencies that harn.toml names (chapter 04 section 14.2).

A package is made beside its place and moved there when it is complete, so a failure leaves the one from before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from harnpy.cli.arguments import Arguments, Command
from harnpy.cli.manifest import NAME as MANIFEST
from harnpy.cli.manifest import BadManifest, read
from harnpy.cli.package_files import LOCK, PACKAGES, Dependency, Locked, dependencies_of, lock_text, read_lock
from harnpy.vm.os_errors import reason

COMMAND = Command("install", "Fetch the dependencies of harn.toml into .harn/packages")

# What belongs to a checkout and not to the package in it.
_NOT_COPIED = (".git", ".harn", ".harn-runs")


def execute(arguments: Arguments) -> int:
    """Install everything; 1 if a package could not be installed."""
    if not os.path.isfile(MANIFEST):
        return _failed(f"No {MANIFEST} found in current directory.\nCreate one with `harn init` or manually.")
    try:
        wanted = dependencies_of(read(Path(MANIFEST)))
    except BadManifest as error:
        return _failed(f"Failed to parse {MANIFEST}: {error}")
    if not wanted:
        print("No dependencies to install.")
        return 0
    if any(dependency.git for dependency in wanted) and shutil.which("git") is None:
        return _failed(
            "Error: git is required to install git dependencies but was not found.\n"
            "Install it from https://git-scm.com, or use dependencies with `path`."
        )
    installation = Installation(Path(PACKAGES), read_lock(Path(LOCK)))
    for dependency in wanted:
        installation.install(dependency, Path(), ())
    try:
        Path(LOCK).write_text(lock_text(installation.locked.values()), encoding="utf-8")
    except OSError as error:
        return _failed(f"error: cannot write {LOCK}: {reason(error)}")
    print(f"\nInstalled {installation.attempted} package(s) to {PACKAGES}/")
    return 1 if installation.failed else 0


class Installation:
    """One run of `harn install`: locked is the new harn.lock by name, attempted how many packages had a source."""

    def __init__(self, folder: Path, lock: dict[str, Locked]) -> None:
        self._folder = folder
        self._before = lock
        self.locked: dict[str, Locked] = {}
        self.attempted = 0
        self.failed = False

    def install(self, dependency: Dependency, base: Path, chain: tuple[str, ...]) -> None:
        """Install a dependency and what it depends on. base is where its manifest lies, chain what asked for it."""
        name = dependency.name
        if not dependency.is_safe:
            self._fail(name, f"  {name}: not a name for a folder, skipping")
            return
        if name in chain:
            _warn(f"warning: circular dependency detected for '{name}', skipping")
            return
        place = self._folder / name
        if chain and (place.exists() or place.with_name(f"{name}.harn").exists()):
            return
        if dependency.git is not None:
            self.attempted += 1
            source = self._install_git(dependency, dependency.git, place)
        elif dependency.path is not None:
            self.attempted += 1
            source = self._install_local(dependency, dependency.path, place, base)
        else:
            _warn(f"  {name}: no git or path specified, skipping")
            return
        if source is not None:
            self._install_nested(place / MANIFEST, source, (*chain, name))

    def _install_nested(self, manifest: Path, source: Path, chain: tuple[str, ...]) -> None:
        if not manifest.is_file():
            return
        try:
            wanted = dependencies_of(read(manifest))
        except BadManifest as error:
            self._fail(chain[-1], f"  failed to parse {manifest}: {error}")
            return
        for dependency in wanted:
            self.install(dependency, source, chain)

    def _install_git(self, dependency: Dependency, url: str, place: Path) -> Path | None:
        name, tag = dependency.name, dependency.tag
        before = self._before.get(name)
        if before is not None and (before.git, before.tag) == (url, tag) and before.commit and place.is_dir():
            print(f"  {name}: up to date (locked)", flush=True)
            self.locked[name] = before
            return place
        print(f"  {'updating' if place.is_dir() else 'installing'} {name} from {url}", flush=True)
        made = self._beside(place)
        branch = [f"--branch={tag}"] if tag is not None else []
        try:
            _remove(made)
            made.parent.mkdir(parents=True, exist_ok=True)
            commit = _clone([*branch, "--", url], made)
            _remove(made / ".git")
            _replace(place, made)
        except _GitFailed as error:
            self._fail(name, f"  failed to clone {name}: {error}")
            return None
        except (OSError, ValueError) as error:
            self._fail(name, f"  failed to install {name}: {reason(error)}")
            return None
        finally:
            _remove(made)
        self.locked[name] = Locked(name, url, tag, commit)
        return place

    def _install_local(self, dependency: Dependency, path: str, place: Path, base: Path) -> Path | None:
        """From a directory, a file, or a file without its extension: relative to the manifest, or to where we are."""
        name = dependency.name
        candidates = [root / f"{path}{suffix}" for root in dict.fromkeys((base, Path())) for suffix in ("", ".harn")]
        source = next((each for each in candidates if each.exists()), None)
        if source is None:
            self._fail(name, f"  package source not found: {path}")
            return None
        target = place if source.is_dir() else place.with_name(f"{name}.harn")
        shown = path if source.name == Path(path).name else f"{path}.harn"
        print(f"  {'updating' if target.exists() else 'installing'} {name} from {shown}", flush=True)
        made = self._beside(target)
        try:
            _remove(made)
            made.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, made, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_COPIED))
            else:
                shutil.copyfile(source, made)
            _replace(target, made)
        except (OSError, shutil.Error) as error:
            problem = str(error) if isinstance(error, shutil.Error) else reason(error)
            self._fail(name, f"  failed to install {name}: {problem}")
            return None
        finally:
            _remove(made)
        self.locked[name] = Locked(name, path=path)
        return source if source.is_dir() else None

    def _beside(self, place: Path) -> Path:
        return place.with_name(f".{place.name}.part")

    def _fail(self, name: str, text: str) -> None:
        """Say what went wrong; what was there before stays, and stays locked."""
        self.failed = True
        if name in self._before and (self._folder / name).exists():
            self.locked[name] = self._before[name]
        _warn(text)


class _GitFailed(Exception):
    """git has failed; str() is what it said."""


def _clone(words: list[str], target: Path) -> str:
    """Clone without history and return the commit. Raises _GitFailed, and OSError without git."""
    _git("clone", "--quiet", "--depth", "1", *words, str(target))
    return _git("-C", str(target), "rev-parse", "HEAD")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise _GitFailed(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode("utf-8", "replace").strip()


def _replace(place: Path, made: Path) -> None:
    _remove(place)
    os.rename(made, place)


def _remove(path: Path) -> None:
    """Remove a file, a link or a directory, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _warn(text: str) -> None:
    sys.stdout.flush()
    print(text, file=sys.stderr)


def _failed(text: str) -> int:
    print(text, file=sys.stderr)
    return 1
