"""Harn's regular expressions: parsing, translation, matching. Importing this is cheap; the engine loads on first use."""

from harnpy.vm.patterns.cache import PatternCache
from harnpy.vm.patterns.errors import PatternError

__all__ = ["PatternCache", "PatternError"]
