"""A file of published claims, audited as ``marts.claim_audit`` audits those that were loaded.

The query is the mart's own (``dbt/macros/claim.sql``). A claim *holds* if the warehouse's figure,
rounded once half up to the printed decimals, is the printed one; it is a matter of *rounding* if
cutting off or rounding up gives it; it *does not hold* if the warehouse or its own parts contradict
it; it is *not checked* where the warehouse has nothing to compare it with.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.census.figures import clean_text
from dagster_project.census.opening.printable import printable
from dagster_project.census.rejection import FileRejected
from dagster_project.census.returns.layout import choices, heading_key, layouts
from dagster_project.seeds import seed_rows
from dagster_project.transform.dbt_sql import render_macro

if TYPE_CHECKING:
    import pandas as pd

HOLDS = "holds"
ROUNDING = "rounding"
DOES_NOT_HOLD = "does_not_hold"
NOT_COMPUTABLE = "not_computable"
NOT_CHECKED = "not_checked"

_NEEDED = ("claim_id", "statement", "published")
_TEXTS = (
    *("claim_id", "document", "county_name", "county_code", "stage", "statement", "numerator"),
    *("denominator", "multiplier", "relation", "unit"),
)
# What the query reads of the warehouse, as empty tables where nothing is published.
_MARTS = {
    "county": "county_name varchar, county_code varchar",
    "trend": "county_code varchar, stage varchar, item_id varchar, unit varchar, "
    "school_year integer, value double, change double",
    "county_profile": "school_year integer, county_code varchar, topic varchar, category varchar, "
    "value double",
    "school": "school_year integer, county_code varchar, school_id varchar, school_name varchar",
    "gap": "school_year integer, school_id varchar, part_id varchar, stage varchar, "
    "shortfall_per_pupil double",
    "school_indicator": "school_year integer, county_code varchar, school_id varchar, "
    "stage varchar, standard_id varchar, indicator_id varchar, value double",
    "region_item": "school_year integer, level varchar, region_code varchar, stage varchar, "
    "item_id varchar, unit varchar, value double, margin double",
    "county_measure": "school_year integer, period_from integer, county_code varchar, "
    "item_id varchar, item_name varchar, unit varchar, value double",
    "region_measure": "school_year integer, period_from integer, level varchar, "
    "region_code varchar, item_id varchar, item_name varchar, unit varchar, value double",
}
_IN_WAREHOUSE = {
    name: f"warehouse.marts.{name}" for name in _MARTS if name not in ("county", "school")
} | {
    "county": "(select distinct county_name, county_code from warehouse.marts.county_verdict)",
    "school": "warehouse.marts.dim_school",
}


def read_claims(path: Path) -> pd.DataFrame:
    """The claims of a csv file, one row each; raises :class:`FileRejected` if it is not one.

    Headings are those of the published-claims return, in either language. Parts stay text.
    """
    import pandas as pd

    from dagster_project.census.opening.source import TextTable, open_source

    source = open_source(path)
    if not isinstance(source, TextTable):
        raise FileRejected("audit.claims_no_csv", name=path.name)
    header, *rows = [[printable(clean_text(cell)) for cell in row] for row in source.rows()] or [[]]
    known = layouts()["published_claims"].main.headings
    names = [known.get(heading_key(cell), cell) for cell in header]
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise FileRejected(
            "audit.claims_lack_columns", name=path.name, missing=missing, header=header
        )
    claims = pd.DataFrame([row for row in rows if any(row)], columns=names, dtype="str")
    claims = claims.rename(columns={"county": "county_name"})
    printed = claims["published"].str.replace(",", "", regex=False)
    made = {name: claims.get(name, pd.Series("", claims.index)).fillna("") for name in _TEXTS}
    for name in ("county_name", "county_code", "stage", "unit"):
        made[name] = made[name].where(made[name] != "", None)
    made["relation"] = made["relation"].map(lambda sign: choices("relation").value(sign) or "=")
    made["school_year"] = _number(claims, "school_year").astype("Int32")
    made["published"] = pd.to_numeric(printed, errors="coerce")
    # A print without a number of decimals has those that stand there.
    shown = printed.str.extract(r"\.(\d+)\s*$")[0].str.len().fillna(0)
    made["decimals"] = _number(claims, "decimals").fillna(shown).astype("Int32")
    return pd.DataFrame(made)


def audit(claims: pd.DataFrame, database: Path | None) -> pd.DataFrame:
    """Every claim with its verdicts, in order: the columns of ``marts.claim_audit``.

    ``database`` is a published warehouse; without one a claim is compared with its own parts only.
    """
    import duckdb

    with duckdb.connect() as connection:
        if database is not None:
            name = str(database).replace("'", "''")
            connection.execute(f"attach '{name}' as warehouse (read_only)")
            relations = dict(_IN_WAREHOUSE)
        else:
            for table, columns in _MARTS.items():
                connection.execute(f"create table {table} ({columns})")
            relations = {table: table for table in _MARTS}
        for seed in ("claim_statement", "claim_unit", "measure_item"):
            connection.register(f"seed_{seed}", _seed(seed))
        # Places count from 0: the file's order, whatever the ids are.
        connection.register("stated", claims.assign(place=range(len(claims))))
        connection.execute(
            "create table claim as select * replace (place::varchar as claim_id), "
            "claim_id as printed_id from stated"
        )
        sql = render_macro(
            "claim_audit",
            claim="claim",
            statement="seed_claim_statement",
            unit="seed_claim_unit",
            measure_item="seed_measure_item",
            **relations,
        )
        return connection.execute(
            f"select audited.* replace (claim.printed_id as claim_id) from ({sql}) as audited "
            "join claim using (claim_id) order by claim.place"
        ).df()


def _number(claims: pd.DataFrame, name: str) -> pd.Series:
    import pandas as pd

    if name not in claims:
        return pd.Series(float("nan"), claims.index)
    return pd.to_numeric(claims[name].str.extract(r"(\d+)")[0], errors="coerce")


def _seed(name: str) -> pd.DataFrame:
    import pandas as pd

    rows = pd.DataFrame(seed_rows(name))
    return rows.astype({"factor": "float64"}) if "factor" in rows else rows
