"""One published version, opened read-only: the only thing that the reports read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.divisions import name_of
from dagster_project.messages import MessageError
from dagster_project.publish.opening import open_published
from dagster_project.publish.versions import manifest_of
from dagster_project.settings import DATABASE


class NothingPublished(MessageError):
    """The folder holds no published warehouse."""


@dataclass(frozen=True, order=True)
class CountyYear:
    """A county in one school year; ``school_year`` 2023 is 2023/24."""

    school_year: int
    county_code: str
    county_name: str
    nation: str = field(default="CN", compare=False)
    """Top of its regions: ``CN``, or the name of a source with codes of its own."""


class Published:
    """A published version as a context manager.

    ``folder`` is a warehouse or the folder of one version. The version is resolved once, when it
    is opened: a load that publishes meanwhile changes nothing for this reader. ``threads`` of
    ``None`` leaves their number to DuckDB. Raises :class:`NothingPublished`.
    """

    def __init__(self, folder: Path, threads: int | None = 1) -> None:
        current = folder / "current"
        self.version = (current if current.exists() else folder).resolve()
        self._threads = threads
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._kept: dict[object, Any] = {}
        self._at: CountyYear | None = None
        self._of_county: dict[object, Any] = {}

    def __enter__(self) -> Published:
        database = self.version / DATABASE
        manifest = self.version / "published" / "manifest.json"
        if not database.exists() or not manifest.exists():
            raise NothingPublished("reports.nothing_published", version=self.version)
        facts = manifest_of(self.version)
        if not facts:
            raise NothingPublished("reports.manifest_damaged", manifest=manifest)
        self.publish_id: str = facts["publish_id"]
        self.published_at: str = facts["published_at"]
        """ISO time, UTC."""
        config = {} if self._threads is None else {"threads": self._threads}
        self._connection = open_published(database, **config)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._kept.clear()
        self._of_county.clear()

    def rows(self, sql: str, *positional: object, **named: object) -> list[dict[str, Any]]:
        """Rows of a query by column name; parameters are ``?`` or ``$name``, never both."""
        assert self._connection is not None, "open it with `with Published(...)`"
        result = self._connection.execute(sql, named or list(positional))
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def kept(self, key: object, make: Callable[[], Any]) -> Any:
        """``make()``, called once for ``key`` as long as this version is open."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def kept_of(self, county: CountyYear, key: object, make: Callable[[], Any]) -> Any:
        """``make()``, called once for ``key`` until another county is asked about.

        The documents of one county share what they read; a nation's would not fit in memory.
        """
        if county != self._at:
            self._at = county
            self._of_county.clear()
        if key not in self._of_county:
            self._of_county[key] = make()
        return self._of_county[key]

    def counties(
        self,
        county_codes: Collection[str] | None = None,
        school_years: Collection[int] | None = None,
    ) -> list[CountyYear]:
        """The counties with schools in each school year, by year and code."""
        found = self.rows(
            """
            select school_year, county_code, coalesce(any_value(county_name), '') as county_name,
                coalesce(max(nation), 'CN') as nation
            from marts.dim_school where county_code is not null
            group by school_year, county_code order by school_year, county_code
            """
        )
        for row in found:
            if not row["county_name"]:  # the files call it nothing; the list of divisions does
                row["county_name"] = name_of(row["county_code"], row["school_year"]) or ""
        return [
            CountyYear(**row)
            for row in found
            if (county_codes is None or row["county_code"] in county_codes)
            and (school_years is None or row["school_year"] in school_years)
        ]

    def judged(self, standard_id: str) -> list[CountyYear]:
        """The counties with coefficients under a standard, by code and year."""
        found = self.rows(
            "select school_year, county_code, coalesce(max(county_name), '') as county_name"
            " from marts.county_coefficient where standard_id = ?"
            " group by school_year, county_code order by county_code, school_year",
            standard_id,
        )
        return [CountyYear(**row) for row in found]

    def with_standard(self) -> set[tuple[int, str]]:
        """School year and code of the counties that some standard was in force for."""
        found = self.rows(
            "select school_year, county_code from marts.county_coefficient"
            " where standard_id <> 'general'"
            " union select school_year, county_code from marts.county_verdict"
        )
        return {(row["school_year"], row["county_code"]) for row in found}

    def standards(self) -> list[str]:
        """The standards that there are coefficients under."""
        found = self.rows("select distinct standard_id from marts.county_coefficient order by 1")
        return [row["standard_id"] for row in found]
