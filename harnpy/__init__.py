"""harnpy: the Python implementation of the Harn language."""

__version__ = "0.1.0"

# As in `typing`, whose import would take a good part of the time in which `harn` starts: what only annotations need is
# imported below `if TYPE_CHECKING:` with this one.
TYPE_CHECKING = False
