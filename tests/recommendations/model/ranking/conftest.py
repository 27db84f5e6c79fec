"""A model being served."""

import pytest

from recommendations.model.ranking.served_model import ServedModel
from tests.recommendations.model.ranking.served import CATALOGUE, HISTORY, served


@pytest.fixture
def model() -> ServedModel:
    return served(HISTORY, CATALOGUE)
