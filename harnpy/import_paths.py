"""What the paths of imports begin with that mean no file of the project."""

from __future__ import annotations

# Bundled modules.
STANDARD = "std/"
# Python modules.
PYTHON = "py:"
