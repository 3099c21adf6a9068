"""Paths as text. Nothing here touches the file system."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

_DRIVE = re.compile(r"[A-Za-z]:")


@builtin("dirname(path: string) -> string", pure=True)
def dirname(path: Value = "") -> str:
    """The directory part of a POSIX path; "" when there is none."""
    root, components = _components(display(path))
    return root + "/".join(components[:-1]) if components else ""


@builtin("basename(path: string) -> string", pure=True)
def basename(path: Value = "") -> str:
    """The last component of a POSIX path; "" when there is none or it is `..`."""
    return _last_component(display(path))


@builtin("extname(path: string) -> string", pure=True)
def extname(path: Value = "") -> str:
    """The last dot of a POSIX path's last component and what follows; "" without a dot or with only a leading one."""
    return _split_extension(_last_component(display(path)))[1]


@builtin("path_join(...parts: string) -> string", pure=True)
def path_join(*parts: Value) -> str:
    """The parts joined with `/`; an absolute part discards those before it, an empty last one adds a `/`."""
    return posixpath.join(*[display(part) for part in parts]) if parts else ""


@builtin("path_segments(path: string) -> list", pure=True)
def path_segments(path: Value = "") -> list[Value]:
    """The non-empty pieces between slashes, without a drive prefix."""
    return list(_Path.of(path).segments)


@builtin("path_basename(path: string) -> string", pure=True)
def path_basename(path: Value = "") -> str:
    """The last segment; "" when there is none."""
    return _Path.of(path).name


@builtin("path_parent(path: string) -> string", pure=True)
def path_parent(path: Value = "") -> str:
    """All but the last segment; "" for a single relative segment, the root for the root."""
    return _Path.of(path).parent


@builtin("path_extension(path: string) -> string", pure=True)
def path_extension(path: Value = "") -> str:
    """The last dot of the last segment and what follows; "" without a dot or with only a leading one."""
    return _split_extension(_Path.of(path).name)[1]


@builtin("path_stem(path: string) -> string", pure=True)
def path_stem(path: Value = "") -> str:
    """The last segment without its extension."""
    return _split_extension(_Path.of(path).name)[0]


@builtin("path_parts(path: string) -> dict", pure=True)
def path_parts(path: Value = "") -> dict[str, Value]:
    """`{dir, file, stem, ext, segments}`: parent, last segment, the latter's stem and extension, all segments."""
    split = _Path.of(path)
    stem, extension = _split_extension(split.name)
    return {
        "dir": split.parent,
        "file": split.name,
        "stem": stem,
        "ext": extension,
        "segments": list(split.segments),
    }


@builtin("path_with_extension(path: string, extension: string) -> string", pure=True)
def path_with_extension(path: Value = "", extension: Value = "") -> str:
    """The path with another extension, its dot added if missing; "" removes the extension."""
    split = _Path.of(path)
    shown = display(extension)
    if shown and not shown.startswith("."):
        shown = "." + shown
    return split.sibling(_split_extension(split.name)[0] + shown)


@builtin("path_with_stem(path: string, stem: string) -> string", pure=True)
def path_with_stem(path: Value = "", stem: Value = "") -> str:
    """The path with another stem and the same extension."""
    split = _Path.of(path)
    return split.sibling(display(stem) + _split_extension(split.name)[1])


@builtin("path_is_absolute(path: string) -> bool", pure=True)
def path_is_absolute(path: Value = "") -> bool:
    """Whether the path starts with a slash or a drive prefix."""
    split = _Path.of(path)
    return split.rooted or bool(split.drive)


@builtin("path_is_relative(path: string) -> bool", pure=True)
def path_is_relative(path: Value = "") -> bool:
    """Whether the path starts with neither a slash nor a drive prefix."""
    return not path_is_absolute(path)


@builtin("path_normalize(path: string) -> string", pure=True)
def path_normalize(path: Value = "") -> str:
    """The path without `.`, doubled and trailing slashes, each `..` taking the segment before it.

    `..` stays at the front of a relative path and is dropped at a root. `.` when nothing remains, "" for "".
    """
    shown = display(path)
    if not shown:
        return ""
    normal = _Path.of(shown).normalized()
    # Without the `.` in front of it, a segment such as `C:` would be taken for a drive.
    hidden = not normal.drive and not normal.rooted and _DRIVE.match(str(normal))
    return ("./" if hidden else "") + str(normal) or "."


@builtin("path_relative_to(path: string, base: string) -> any", pure=True)
def path_relative_to(path: Value = "", base: Value = "") -> str | None:
    """The way from base to path, both normalized; `.` if they are equal, nil if only one of them is absolute."""
    target, start = _Path.of(path).normalized(), _Path.of(base).normalized()
    if target.rooted != start.rooted:
        return None
    shared = 0
    for ours, theirs in zip(target.segments, start.segments):
        if ours != theirs:
            break
        shared += 1
    steps = [".."] * (len(start.segments) - shared) + list(target.segments[shared:])
    return "/".join(steps) or "."


@builtin("path_to_posix(path: string) -> string", pure=True, aliases={"path_to_native"})
def path_to_posix(path: Value = "") -> str:
    """The path with slashes for backslashes."""
    return display(path).replace("\\", "/")


def _components(text: str) -> tuple[str, list[str]]:
    """The root ("/" or "") of a POSIX path and its components; of `.` only a leading one counts."""
    pieces = text.split("/")
    components = [piece for piece in pieces if piece not in ("", ".")]
    if pieces[0] == ".":
        components.insert(0, ".")
    return ("/" if text.startswith("/") else ""), components


def _last_component(text: str) -> str:
    components = _components(text)[1]
    return components[-1] if components and components[-1] not in (".", "..") else ""


def _split_extension(name: str) -> tuple[str, str]:
    dot = name.rfind(".")
    return (name[:dot], name[dot:]) if dot > 0 else (name, "")


@dataclass(frozen=True, slots=True)
class _Path:
    """A path of the `path_*` family: a drive prefix, whether a slash follows it, and the segments."""

    drive: str
    rooted: bool
    segments: tuple[str, ...]

    @staticmethod
    def of(value: Value) -> _Path:
        text = display(value).replace("\\", "/")
        drive = text[:2] if _DRIVE.match(text) else ""
        rest = text[len(drive) :]
        return _Path(drive, rest.startswith("/"), tuple(segment for segment in rest.split("/") if segment))

    def __str__(self) -> str:
        return self.drive + "/" * self.rooted + "/".join(self.segments)

    @property
    def name(self) -> str:
        return self.segments[-1] if self.segments else ""

    @property
    def parent(self) -> str:
        if len(self.segments) <= 1 and not self.rooted:
            return ""
        return str(_Path(self.drive, self.rooted, self.segments[:-1]))

    def sibling(self, name: str) -> str:
        parent = self.parent
        return parent + name if not parent or parent.endswith("/") else f"{parent}/{name}"

    def normalized(self) -> _Path:
        kept: list[str] = []
        for segment in self.segments:
            if segment == "..":
                if kept and kept[-1] != "..":
                    kept.pop()
                elif not self.rooted:
                    kept.append(segment)
            elif segment != ".":
                kept.append(segment)
        return _Path(self.drive, self.rooted, tuple(kept))
