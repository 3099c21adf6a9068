"""Durations as people read them."""

from durations.spoken import spoken

__all__ = ["spoken"]
