"""Commands and options; what a command does stands in the module of its name.

Nothing heavy is imported here, so that ``--help`` answers at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.settings import Settings

app = typer.Typer(
    name="junheng",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Junheng (均衡): load school-census exports, publish indicators and coefficients.",
)

RawOption = Annotated[
    Path | None,
    typer.Option("--raw", help="Folder of raw files (JUNHENG_RAW; default: raw)."),
]
WarehouseOption = Annotated[
    Path | None,
    typer.Option("--warehouse", help="Warehouse folder (JUNHENG_WAREHOUSE; default: warehouse)."),
]


class Term(StrEnum):
    """The two semesters of a school year."""

    autumn = "autumn"
    spring = "spring"


class Shape(StrEnum):
    """The file shapes that ``junheng sample`` writes."""

    flat = "flat"
    workbook = "workbook"


@app.callback()
def _paths(
    context: typer.Context, raw: RawOption = None, warehouse: WarehouseOption = None
) -> None:
    context.obj = (raw, warehouse)


def _settings(context: typer.Context, raw: Path | None, warehouse: Path | None) -> Settings:
    """Settings from the command's own options, then those before the command, then variables."""
    before = context.obj or (None, None)
    return Settings.from_environment(raw or before[0], warehouse or before[1])


def _timestamp(text: str | None) -> datetime | None:
    """An ISO date or time; without a zone it is local time. Returned as naive UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is not a date or time; write 2024-03-01 or 2024-03-01T08:00."
        ) from None
    return moment.astimezone(UTC).replace(tzinfo=None)


@app.command()
def load(
    context: typer.Context,
    school_year: Annotated[
        list[int] | None,
        typer.Option("--school-year", help="Start year, 2023 = 2023/24; may be repeated."),
    ] = None,
    term: Annotated[Term | None, typer.Option(help="Only this semester's folder.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of", metavar="TIMESTAMP", help="Publish the warehouse as it was known then."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 while hard flags are open.")
    ] = False,
    raw: RawOption = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Ingest what is new in raw, validate, build, audit and publish."""
    from dagster_project.cli.load import run

    settings = _settings(context, raw, warehouse)
    for year in school_year or ():
        if not 1990 <= year <= 2100:
            raise typer.BadParameter(
                f"{year} is not a school year; write the year it starts in, such as 2023.",
                param_hint="--school-year",
            )
    raise typer.Exit(
        run(
            settings,
            school_years=school_year or None,
            term=term.value if term else None,
            as_of=_timestamp(as_of),
            strict=strict,
        )
    )


@app.command()
def status(
    context: typer.Context, raw: RawOption = None, warehouse: WarehouseOption = None
) -> None:
    """Per county, year and term: what has arrived, what is missing, what is published."""
    from dagster_project.cli.status import run

    raise typer.Exit(run(_settings(context, raw, warehouse)))


@app.command()
def audit(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)
    ],
) -> None:
    """Recompute published claims and print those that do not hold."""
    from dagster_project.cli.audit import run

    raise typer.Exit(run(file))


@app.command()
def sample(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into.")],
    county: Annotated[
        str | None, typer.Option(help="A solved county: pingluo (the default).")
    ] = None,
    counties: Annotated[int | None, typer.Option(min=1, help="Number of made-up counties.")] = None,
    schools: Annotated[int, typer.Option(min=1, help="Schools per county.")] = 30,
    years: Annotated[int, typer.Option(min=1, max=30, help="School years, ending 2023.")] = 1,
    seed: Annotated[int, typer.Option(help="Same seed, same files.")] = 1,
    shape: Annotated[Shape, typer.Option(help="File shape.")] = Shape.flat,
) -> None:
    """Write synthetic census exports in the real file shapes, for trying and benchmarking."""
    from dagster_project.cli.sample import run

    if county is not None and counties is not None:
        raise typer.BadParameter("Choose --county or --counties, not both.")
    raise typer.Exit(
        run(
            directory,
            county=county or (None if counties else "pingluo"),
            counties=counties,
            schools=schools,
            years=years,
            seed=seed,
            shape=shape.value,
        )
    )
