"""The small drop of the lake's tests."""

import pytest

from tests.lake.conftest import Drop


@pytest.fixture
def drop(tmp_path) -> Drop:
    return Drop(tmp_path)
