"""The template language: scanner (text to pieces), parser (pieces to nodes), renderer (nodes to text).

Nothing in this package knows fibers or the world: included files come through a loader that the caller passes.
"""

from harnpy.builtins.template.errors import TemplateError
from harnpy.builtins.template.parser import parse_template
from harnpy.builtins.template.renderer import Loader, render_template

__all__ = ["Loader", "TemplateError", "parse_template", "render_template"]
