"""Small censuses in DuckDB, for the tests of frames and evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa
import pytest

from dagster_project.census.schema import fields, section_schema, status_column
from dagster_project.judgement.frames.relations import Source
from dagster_project.judgement.frames.returned import RETURN_FRAMES
from dagster_project.judgement.rules import catalogue as catalogues
from dagster_project.judgement.rules.catalogue import Catalogue
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake

USUAL = {
    "sha256": "f1",
    "profile": "flat",
    "vintage": "2021",
    "standards": "2017,2012,general",
    "source_row": 5,
    "school_year": 2023,
    "term": "autumn",
    "county_code": "640221",
    "county_name": "平罗县",
    "school_id": "2164000001",
    "school_name": "城关一小",
    "school_type_code": "211",
    "sponsor_code": "831",
    "urban_rural_code": "121",
    "is_counted": True,
    "is_new": False,
    "was_closed": False,
    "stage": "primary",
}


def section_table(rows: list[dict]) -> pa.Table:
    """Sections in canonical form; what a row does not give is usual or not collected."""
    complete = []
    for row in rows:
        full = {**USUAL, **row}
        for field in fields():
            value = full.get(field)
            status = "not_collected" if value is None else "zero" if value == 0 else "reported"
            full.setdefault(status_column(field), status)
        complete.append(full)
    return pa.Table.from_pylist(complete, schema=section_schema())


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return catalogues.load()


@pytest.fixture
def census() -> Iterator[Callable[[list[dict]], duckdb.DuckDBPyConnection]]:
    """Makes a connection with the relation ``section`` of the given rows."""
    connections = []

    def make(rows: list[dict]) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connections.append(connection)
        connection.register("section", section_table(rows))
        return connection

    yield make
    for connection in connections:
        connection.close()


@pytest.fixture(scope="session")
def about_returns(catalogue) -> Catalogue:
    """The rules about what was returned, without those about the census."""
    rules = tuple(rule for rule in catalogue.rules if rule.frame in RETURN_FRAMES)
    return Catalogue(rules, catalogue.measures, catalogue.fingerprints)


@pytest.fixture(scope="session")
def samples(documents, tmp_path_factory) -> Source:
    """All sample counties with their returns, as they were read."""
    lake, selection = Lake(documents.settings.lake), tmp_path_factory.mktemp("samples")
    select(lake, selection)
    return Source(lake, selection)
