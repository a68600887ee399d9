"""What all tests share."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house",
    max_examples=40,  # a hundred would double the suite, and its methods are many
    deadline=None,  # compiled loops are slow once, and machines are noisy
    derandomize=True,  # a red run is red again
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Keep the user's cache out of tests and tests out of the user's cache."""
    monkeypatch.setenv("LATELABEL_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
