"""The published warehouse that the reports' tests read."""

from __future__ import annotations

import pytest

from dagster_project.figures.published import Published


@pytest.fixture(scope="module")
def published(documents):
    """The counties of the five documents and the flawed one."""
    with Published(documents.settings.warehouse) as opened:
        yield opened
