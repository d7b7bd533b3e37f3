"""``junheng sample``: synthetic census exports in the real file shapes."""

from __future__ import annotations

from pathlib import Path

from dagster_project.cli.console import err, out

LAST_SCHOOL_YEAR = 2023


def run(
    directory: Path,
    *,
    county: str | None,
    counties: int | None,
    schools: int,
    years: int,
    seed: int,
    shape: str,
) -> int:
    """Write the sample into ``directory``; returns the exit code."""
    from dagster_project.sample import write_nation, write_pingluo

    if county is not None and county != "pingluo":
        err.print(f"There is no sample county '{county}'. Available: pingluo.")
        return 2
    if county is not None:
        paths = write_pingluo(directory, shape)
    else:
        paths = write_nation(
            directory,
            counties=counties or 1,
            schools=schools,
            years=years,
            seed=seed,
            shape=shape,
            first_year=LAST_SCHOOL_YEAR - years + 1,
        )
    size = sum(path.stat().st_size for path in paths)
    out.print(f"Wrote {len(paths)} files ({size / 1e6:,.1f} MB) below {directory}.")
    out.print("The figures are synthetic. Load them with:")
    out.print(f"  junheng load --raw {directory} --warehouse {directory.parent / 'warehouse'}")
    return 0
