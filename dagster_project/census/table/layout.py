"""One sheet as its profile reads it: where every key and figure stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dagster_project.census.codes import tidy_id
from dagster_project.census.figures import clean_text
from dagster_project.census.schema import fields
from dagster_project.census.table.figures import Places
from dagster_project.census.table.profile_model import Figures, Profile, Value

KEYS = ("school_id", "school_name", "county_code", "county_name", "stage", "term")


@dataclass(frozen=True)
class Key:
    """A key or attribute in this file: its rule and its columns (none for a constant).

    Several columns make it up together.
    """

    name: str
    value: Value
    columns: tuple[int, ...]

    @property
    def column(self) -> int | None:
        """The (first) column."""
        return self.columns[0] if self.columns else None

    @property
    def label(self) -> str:
        """How the columns are called."""
        return "/".join(self.value.columns or self.value.joined)

    def token(self, cells: Sequence[object]) -> object:
        """What stands in its columns, of several as one text; empty if one of them is."""
        if len(self.columns) == 1:
            return cells[self.columns[0]]
        parts = [tidy_id(clean_text(cells[c])) for c in self.columns]
        return self.value.between.join(parts) if all(parts) else ""


@dataclass(frozen=True)
class Keys:
    """Every key and attribute that this file has."""

    by_name: Mapping[str, Key]
    year_column: int | None

    @classmethod
    def of(cls, profile: Profile, positions: Mapping[str, int], school_year: int) -> Keys:
        """The keys of ``profile`` as they stand in a file with these column ``positions``.

        Codes become what they are in the ``school_year``.
        """
        found = {}
        for name, value in {**{n: getattr(profile, n) for n in KEYS}, **profile.attributes}.items():
            if value is None or (name == "stage" and profile.stage_fields):
                continue
            if value.joined:
                columns = tuple(positions[c] for c in value.joined if c in positions)
                is_there = len(columns) == len(value.joined)
            else:
                columns = tuple(positions[c] for c in value.columns if c in positions)[:1]
                is_there = bool(columns) or not value.columns
            if is_there:
                found[name] = Key(name, value.of_year(school_year), columns)
        year = profile.school_year.column
        return cls(found, positions.get(year) if year else None)  # and not a column without a label


@dataclass(frozen=True)
class Layout:
    """One sheet (or text) as its profile reads it: where every key and field stands.

    ``stages``: the fields of each section that a row makes, by stage (``None``: the row tells it).
    """

    sha256: str
    profile: Profile
    vintage: str
    sheet: str | None
    labels: tuple[str, ...]
    school_year: int
    term: str
    keys: Keys
    stages: Mapping[str | None, Mapping[str, Figures]]
    positions: Mapping[str, int]
    hidden_rows: frozenset[int] = frozenset()

    def fields_of(self, stage: str | None) -> dict[str, Places]:
        """Where the fields of ``stage`` stand."""
        return {
            field_id: Places(
                tuple(self.positions[c] for c in (*figure.columns, *figure.minus)),
                figure.factor,
                len(figure.columns),
                tuple(self.positions[c] for c in figure.times),
                fields()[field_id].kind == "count",
            )
            for field_id, figure in self.stages[stage].items()
        }

    @property
    def row_columns(self) -> tuple[int, ...]:
        """The columns that tell the rows of a school apart."""
        return tuple(self.positions[c] for c in self.profile.several_rows or ())
