"""harnpy: the Python implementation of the Harn language."""

__version__ = "0.1.0"
