"""How far a county's figures can be signed: what is flagged, and which figures it touches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.figures.published import CountyYear, Published

_MADE_OF = Path(__file__).with_name("made_of.yml")


@dataclass(frozen=True)
class FlaggedField:
    """A field under an open or confirmed hard flag; ``None`` means every school or stage."""

    school_id: str | None
    stage: str | None
    field: str


@dataclass(frozen=True)
class SignOff:
    """What stands against a county-year.

    ``is_draft`` while hard flags are open; ``sections`` holds the tainted (school, stage, standard,
    indicator), ``fields`` the flagged fields.
    """

    hard_open: int
    soft_open: int
    sections: frozenset[tuple[str, str, str, str]]
    fields: tuple[FlaggedField, ...]

    @property
    def is_draft(self) -> bool:
        """No final report while an impossible figure is open."""
        return self.hard_open > 0

    @property
    def touches_anything(self) -> bool:
        """Whether any figure may carry the mark."""
        return bool(self.sections or self.fields)

    def taints(self, table: str, row: dict[str, Any], column: str = "") -> bool:
        """Whether a hard flag touches the figure ``column`` of this row of ``marts.<table>``."""
        if column in _made_of()["untouched"]:
            return False
        made_of = _made_of()["columns"].get(table, {}).get(column)
        if row.get("is_tainted") or ("is_tainted" in row and made_of is None):
            return bool(row["is_tainted"])
        if row.get("sections_tainted") is not None:
            return row["sections_tainted"] > 0
        if table in ("county_composite", "school_attainment", "cv_contribution"):
            return self._has_tainted(
                row["stage"], row["standard_id"], row.get("indicator_id"), row.get("school_id")
            )
        if table == "county_verdict":
            return self.touches_anything
        if table == "county_profile":
            return self._taints_profile(row)
        return self._has_flagged(made_of or (), row.get("school_id"), row.get("stage"))

    def _taints_profile(self, row: dict[str, Any]) -> bool:
        topic, stage, category = row["topic"], row["stage"], row["category"]
        if topic == "sections_by_verdict":
            return self._has_tainted(stage, "2017", row["item_id"], None)
        if topic == "sections_by_attainment":
            return self._has_tainted(stage, "2017", None, None)
        columns = _made_of()["columns"]
        made_of = {**columns["county_enrolment"], **columns["class_size"]}
        counted = "pupils" if topic.startswith("pupils_by_") else category
        return self._has_flagged(made_of.get(counted, ()), None, stage)

    def _has_tainted(
        self, stage: str | None, standard: str | None, indicator: str | None, school_id: str | None
    ) -> bool:
        """Whether an indicator is tainted; ``None`` (and the stage ``all``) means any."""
        return any(
            stage in (None, "all", found[1])
            and standard in (None, found[2])
            and indicator in (None, found[3])
            and school_id in (None, found[0])
            for found in self.sections
        )

    def _has_flagged(self, made_of: Iterable[str], school_id: str | None, stage: Any) -> bool:
        wanted = tuple(made_of)
        return any(
            _matches(flagged.field, wanted)
            and (school_id is None or flagged.school_id in (None, school_id))
            and (stage in (None, "all") or flagged.stage in (None, "all", stage))
            for flagged in self.fields
        )


def sign_off_of(published: Published, county: CountyYear) -> SignOff:
    """What stands in the way of signing a county-year in this version."""
    return published.kept_of(county, "sign_off", lambda: _sign_off(published, county))


def _sign_off(published: Published, county: CountyYear) -> SignOff:
    flags = published.rows(
        "select severity, status, school_id, stage, fields from quality.flag"
        " where county_code = ? and school_year = ? and status in ('open', 'confirmed')",
        county.county_code,
        county.school_year,
    )
    tainted = published.rows(
        "select school_id, stage, standard_id, indicator_id from marts.school_indicator"
        " where county_code = ? and school_year = ? and is_tainted",
        county.county_code,
        county.school_year,
    )
    return SignOff(
        hard_open=sum(f["severity"] == "hard" and f["status"] == "open" for f in flags),
        soft_open=sum(f["severity"] == "soft" and f["status"] == "open" for f in flags),
        sections=frozenset(tuple(row.values()) for row in tainted),
        fields=tuple(
            FlaggedField(flag["school_id"], flag["stage"], field.strip())
            for flag in flags
            if flag["severity"] == "hard"
            for field in (flag["fields"] or "").split(",")
            if field.strip()
        ),
    )


def _matches(field: str, wanted: tuple[str, ...]) -> bool:
    return any(
        field.startswith(name[:-1]) if name.endswith("*") else field == name for name in wanted
    )


@cache
def _made_of() -> dict[str, Any]:
    return yaml.safe_load(_MADE_OF.read_text("utf-8"))
