"""The canonical layout of Harn source (chapter 10 part B): programs in, the same programs in that layout out."""

from harnpy.syntax.formatter.program import format_source

__all__ = ["format_source"]
