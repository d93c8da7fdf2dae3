"""How hypothesis runs: the same cases every time, without a clock, and without shrinking what reads files."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "gate",
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("gate")
