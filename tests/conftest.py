"""What holds for all tests: none of them depends on how fast the machine is at the moment."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# An example that takes long, or examples that are slow to make, say something about the machine only.
settings.register_profile(
    "any machine",
    settings(),
    deadline=None,
    suppress_health_check={*settings().suppress_health_check, HealthCheck.too_slow},
)
settings.load_profile("any machine")
