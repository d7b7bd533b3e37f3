"""``junheng sample``: synthetic census exports and returns in the real file shapes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dagster_project.cli.console import err, out
from dagster_project.messages import say

LAST_SCHOOL_YEAR = 2023
COUNTIES = ("pingluo", "zhoucun", "weihai", "pioneer", "sucheng")


def run(
    directory: Path,
    *,
    county: str | None,
    history: bool = False,
    counties: int | None,
    schools: int,
    years: int,
    seed: int,
    shape: str,
) -> int:
    """Write the sample into ``directory``; returns the exit code."""
    from dagster_project.sample import write_nation

    if county is not None and county not in COUNTIES:
        err.print(say("cli.no_sample_county", county=county, known=COUNTIES))
        return 2
    if history and county != "pingluo":
        always = "cli.history_always_there" if county else "cli.history_use_years"
        err.print(say(always, county=county))
        return 2
    if county == "pioneer" and shape != "flat":
        err.print(say("cli.pioneer_one_shape"))
        return 2
    if county is not None:
        paths = _county(county, history)(directory, shape)
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
    out.print(say("cli.sample_written", files=len(paths), size=size / 1e6, folder=directory))
    out.print(say("cli.sample_is_synthetic"))
    out.print(f"  junheng load --raw {directory} --warehouse {directory.parent / 'warehouse'}")
    return 0


def _county(county: str, history: bool) -> Callable[[Path, str], list[Path]]:
    """What writes the sample county into a folder in a shape."""
    from dagster_project import sample
    from dagster_project.sample import pingluo

    if history:
        years = range(pingluo.FIRST_YEAR, pingluo.LAST_YEAR + 1)
        return lambda folder, shape: sample.write_pingluo(
            folder, shape, school_years=years, returns=True
        )
    writers: dict[str, Callable[..., list[Path]]] = {
        "pingluo": sample.write_pingluo,
        "zhoucun": sample.write_zhoucun,
        "weihai": sample.write_city,
        "pioneer": lambda folder, _shape: sample.write_pioneer(folder),
        "sucheng": sample.write_sucheng,
    }
    return writers[county]
