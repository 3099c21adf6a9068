"""`render` and `render_prompt`: templates from files, beside the module whose code is running."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import read_text, refusal, source_directory
from harnpy.builtins.template import TemplateError, parse_template, render_template
from harnpy.builtins.template.nodes import Body
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


class ParsedTemplates:
    """The latest templates parsed, by their text: programs render one template many times over."""

    _KEPT = 64

    def __init__(self) -> None:
        self._bodies: dict[str, Body] = {}

    def parse(self, text: str) -> Body:
        """The nodes of a template. Raises TemplateError."""
        body = self._bodies.pop(text, None)
        if body is None:
            body = parse_template(text)
            if len(self._bodies) >= self._KEPT:
                del self._bodies[next(iter(self._bodies))]
        self._bodies[text] = body
        return body


class _FileLoader:
    """Templates as files, read on behalf of a fiber."""

    def __init__(self, fiber: Fiber) -> None:
        self._fiber = fiber
        self._parsed = fiber.runtime.state(ParsedTemplates)

    def parse(self, path: str) -> Body:
        text = read_text(self._fiber, path)
        try:
            return self._parsed.parse(text)
        except TemplateError as error:
            error.path = path
            raise

    def identity(self, path: str) -> str:
        return str(self._fiber.effect(self._fiber.runtime.world.real_path, path))


@builtin("render(path: string, bindings: dict) -> string", effects={"fs.read"}, aliases={"render_prompt"})
def render(fiber: Fiber, path: Value = "", bindings: Value = None) -> str:
    """The text of a template file, filled in with bindings.

    A relative path starts from the directory of the source file whose code is running. Throws when the file or one
    that it includes cannot be read, and for every fault in them, with path, line and column.
    """
    full = posixpath.join(source_directory(fiber), display(path))
    return rendered(fiber, full, bindings, f"Failed to read template {full}")


def rendered(fiber: Fiber, path: str, bindings: Value, failure: str) -> str:
    """The text of the template file at path. Throws `<failure>: <reason>` when it cannot be read, and for faults in it."""
    loader = _FileLoader(fiber)
    try:
        body = loader.parse(path)
        return render_template(body, bindings if type(bindings) is dict else {}, path, loader)
    except TemplateError as error:
        raise thrown(error.text) from None
    except (OSError, ValueError) as error:  # of this file: one that is included is reported at its directive
        raise refusal(failure, fiber.runtime.world.read_bytes, error) from None
