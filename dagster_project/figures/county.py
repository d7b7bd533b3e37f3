"""The figures of one county in one school year."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from dagster_project.figures.place import PlaceFigures
from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.rounding import kind_of_other_unit, kind_of_unit
from dagster_project.figures.rows import Row, by, grouped, ordered
from dagster_project.figures.sections import Section, sections_of
from dagster_project.figures.sign_off import SignOff, sign_off_of

STAGES = ("primary", "junior")
_HERE = "county_code = $county and school_year = $year"
_OF_THE_YEAR = {
    "flag": f"""
        select flag.*, school.school_name, rule.title from quality.flag
        left join (select school_year, school_id, school_name from marts.dim_school) as school
            using (school_year, school_id)
        left join quality.rule using (rule_id) where {_HERE}
    """,
    "completeness": f"select * from quality.completeness where {_HERE}",
}
_TREND = "select * from marts.trend where county_code = $county and school_year <= $year"


class CountyFigures(PlaceFigures):
    """What the published version says about one county-year: rows, and figures made of them."""

    sign_off: SignOff

    def __init__(self, published: Published, county: CountyYear) -> None:
        super().__init__(published, sign_off_of(published, county))
        self.county = county

    def table(self, name: str) -> list[Row]:
        """The county's rows of this school year in ``marts.<name>``, ``flag`` or ``completeness``.

        They come in no order.
        """
        if name == "trend":
            return [row for row in self.history if row["school_year"] == self.county.school_year]
        sql = _OF_THE_YEAR.get(name, f"select * from marts.{name} where {_HERE}")
        return self._kept(name, sql)

    @property
    def history(self) -> list[Row]:
        """The county's rows of ``marts.trend`` up to this school year."""
        return self._kept("history", _TREND)

    def past(self, name: str) -> list[Row]:
        """The county's rows of ``marts.<name>`` up to this school year, in no order."""
        sql = f"select * from marts.{name} where county_code = $county and school_year <= $year"
        return self._kept(f"past {name}", sql)

    def counted_in(self, item_id: str) -> tuple[str | None, str]:
        """Unit of an item of ``ref.item`` or of other data, and the kind of its values."""
        if (item := self.ref.items.get(item_id)) is not None:
            unit = item["unit"]
            return unit, kind_of_unit(unit, item["decimals"]) if unit else "ratio"
        units = by(self.table("county_measure"), "item_id")
        unit = units.get(item_id, {}).get("unit")
        return unit, kind_of_other_unit(unit) if unit else "ratio"

    def _kept(self, key: str, sql: str) -> list[Row]:
        where = {"county": self.county.county_code, "year": self.county.school_year}
        return self.published.kept_of(
            self.county, ("rows", key), lambda: self.published.rows(sql, **where)
        )

    def rows(self, table: str, **where: Any) -> list[Row]:
        """The county's rows of this school year with these values, in no order."""
        return [
            row
            for row in self.table(table)
            if all(row[name] == value for name, value in where.items())
        ]

    def row(self, table: str, **where: Any) -> Row | None:
        """The only row with these values; ``None`` if there is none."""
        found = self.rows(table, **where)
        assert len(found) < 2, f"marts.{table} has {len(found)} rows for {where}"
        return found[0] if found else None

    @property
    def sections(self) -> dict[tuple[str, str], list[Section]]:
        """The sections by (stage, standard)."""
        return self.published.kept_of(
            self.county,
            "sections",
            lambda: sections_of(
                self.table("school_indicator"),
                self.table("school_attainment"),
                self.table("cv_contribution"),
                self.table("dim_school"),
                self.places,
            ),
        )

    def coverage(self, standard_id: str) -> str:
        """Of how many sections every indicator is judged: ``none``, ``some`` or ``all``."""
        verdicts = [
            row["verdict"]
            for row in self.rows("school_indicator", standard_id=standard_id)
            if row["value_status"] != "no_pupils"
        ]
        judged = [verdict for verdict in verdicts if verdict not in (None, "missing")]
        if not judged:
            return "none"
        return "all" if len(judged) == len(verdicts) else "some"

    @property
    def places(self) -> list[Row]:
        """Every section that the census names, evaluated or not: rows of ``marts.dim_section``."""
        return self.rows("dim_section", term=self.ref.term_of_census)

    @property
    def gaps(self) -> list[Row]:
        """What every school lacks (``marts.gap``), by item, stage and size.

        What rests on a figure in doubt comes last: it is to be corrected before anybody acts.
        """
        known = self.ref.items
        stages = {stage: number for number, stage in enumerate(("all", *STAGES))}
        return sorted(
            ordered(self.table("gap"), "-shortfall", "school_id"),
            key=lambda row: (
                bool(row["is_tainted"]),
                known[row["item_id"]]["position"],
                row["part_id"],
                stages.get(row["stage"], len(stages)),
            ),
        )

    @cached_property
    def coefficients(self) -> dict[tuple[str, str], dict[str, Row]]:
        """Rows of ``county_coefficient`` by (stage, standard) and indicator."""
        groups = grouped(
            self.table("county_coefficient"), lambda row: (row["stage"], row["standard_id"])
        )
        return {key: by(rows, "indicator_id") for key, rows in groups.items()}

    def coefficient(self, standard_id: str, stage: str, indicator_id: str) -> Row | None:
        """The row of one coefficient."""
        return self.coefficients.get((stage, standard_id), {}).get(indicator_id)

    @cached_property
    def composites(self) -> dict[tuple[str, str], Row]:
        """Rows of ``county_composite`` by (stage, standard)."""
        return by(self.table("county_composite"), "stage", "standard_id")
