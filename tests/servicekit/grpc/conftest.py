"""The running server of Recommendations."""

from tests.recommendations.api.conftest import running, start

__all__ = ["running", "start"]
