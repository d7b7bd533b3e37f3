"""``python -m tests.benchmarks [NAME|all]``: the load against a bare script, and how it grows."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.benchmarks import commands, inputs, queries
from tests.benchmarks.commands import Runs
from tests.benchmarks.growth import growth
from tests.benchmarks.measure import CommandFailed
from tests.benchmarks.province import province
from tests.benchmarks.restate import correct, restate

YEARS, QUICK_YEARS = 10, 2


def county(work: Path, quick: bool, runs: int) -> Runs:
    """28 workbooks of some twenty sheets into an empty warehouse; dbt project parsed and not."""
    raw = inputs.workbooks(work, inputs.QUICK if quick else inputs.COUNTY)
    cold = {} if quick else {"load, dbt project not parsed yet": commands.forget_manifest}
    return _compare(work, raw, "workbooks", runs, {"load": commands.keep_manifest, **cold})


def nation(work: Path, quick: bool, runs: int) -> Runs:
    """200,000 sections of some 300 columns, one year of csv, into an empty warehouse."""
    raw = inputs.flat(work, inputs.QUICK if quick else inputs.NATION)
    return _compare(work, raw, "flat", runs, {"load": commands.keep_manifest})


def ten_years(work: Path, quick: bool, runs: int) -> Runs:
    """Ten such years rebuilt from the lake: with nothing judged yet, and as any later load."""
    size, years = (inputs.QUICK, QUICK_YEARS) if quick else (inputs.NATION, YEARS)
    warehouse, bare = work / "warehouse", work / "bare"
    shutil.rmtree(warehouse, ignore_errors=True)
    raw = inputs.flat(work, size, years)
    commands.ingest(raw, warehouse)
    for folder in raw.glob("[0-9]*"):
        shutil.rmtree(folder)  # figures that were accepted stay known; this frees the disk
    results: Runs = {}
    for _ in range(runs):
        shutil.rmtree(warehouse / "lake" / "judged", ignore_errors=True)
        for name in ("rebuild, all years judged anew", "rebuild"):
            commands.unpublish(warehouse)
            results.setdefault(name, []).append(commands.load(raw, warehouse))
        results.setdefault("bare", []).append(commands.bare("lake", warehouse / "lake", raw, bare))
    commands.check(warehouse, bare)
    shutil.rmtree(raw)
    shutil.rmtree(warehouse)
    return results


BENCHMARKS = {
    "county": county,
    "province": province,
    "nation": nation,
    "ten-years": ten_years,
    "restate": restate,
    "correct": correct,
    "growth": growth,
}


def _compare(
    work: Path, raw: Path, shape: str, runs: int, variants: dict[str, Callable[[], None]]
) -> Runs:
    """Load into an empty warehouse and run the bare script, by turns."""
    warehouse, bare = work / "warehouse", work / "bare"
    results: Runs = {}
    for _ in range(runs):
        for name, prepare in variants.items():
            shutil.rmtree(warehouse, ignore_errors=True)
            prepare()
            results.setdefault(name, []).append(commands.load(raw, warehouse))
        results.setdefault("bare", []).append(commands.bare(shape, raw, raw, bare))
    commands.check(warehouse, bare)
    shutil.rmtree(warehouse)
    return results


def _print(name: str, results: Runs) -> None:
    """The table of one benchmark; ratios to the last line, the script that it is compared with."""
    last = next(reversed(results))
    base, base_cpu = (median(getattr(m, of) for m in results[last]) for of in ("seconds", "cpu"))
    is_compared = last in ("bare", "openpyxl script")
    print(f"\n{name} (medians of {len(results[last])})")
    ratios = f" × {last}, wall | cpu |" if is_compared else ""
    print(f"| | wall s | cpu s | peak of all processes GiB | of the largest |{ratios}")
    print("|---|---|---|---|---|" + ("---|---|" if is_compared else ""))
    for label, runs in results.items():
        seconds, cpu = median(m.seconds for m in runs), median(m.cpu for m in runs)
        tree, largest = max(m.tree for m in runs), max(m.largest for m in runs)
        print(
            f"| {label} | {seconds:.1f} | {cpu:.1f} | {tree / 2**30:.2f} | {largest / 2**30:.2f} |"
            + (f" {seconds / base:.1f} | {cpu / base_cpu:.1f} |" if is_compared else "")
        )
    for label, runs in results.items():
        stages = {stage: median(m.stages.get(stage, 0.0) for m in runs) for stage in runs[0].stages}
        if stages:
            print(f"{label}: " + ", ".join(f"{s} {seconds:.1f} s" for s, seconds in stages.items()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    choices = [*BENCHMARKS, "queries", "all"]
    parser.add_argument("which", nargs="?", default="all", choices=choices)
    parser.add_argument("--quick", action="store_true", help="a few schools, to see that it runs")
    parser.add_argument("--runs", type=int, default=1, help="repetitions (default 1)")
    parser.add_argument("--work", type=Path, help="folder that keeps inputs (default: a new one)")
    parser.add_argument("--json", action="store_true", help="every run as JSON on standard output")
    parser.add_argument(
        "--queries",
        type=Path,
        default=Path("dagster_project/handbook/queries"),
        help="folder of .sql files",
    )
    parser.add_argument(
        "--warehouse",
        type=Path,
        help="for queries: a published warehouse (default: ten-years' own)",
    )
    options = parser.parse_args()
    chosen = dict(BENCHMARKS)
    if options.which != "all":
        chosen = {name: run for name, run in BENCHMARKS.items() if name == options.which}
    kept = options.work is not None
    work = options.work.absolute() if kept else Path(tempfile.mkdtemp(prefix="junheng-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    everything: dict[str, object] = {}
    try:
        for name, benchmark in chosen.items():
            results = benchmark(work, options.quick, options.runs)
            everything[name] = {label: [asdict(m) for m in runs] for label, runs in results.items()}
            if not options.json:
                _print(name, results)
        if options.which in ("queries", "all"):
            timed = queries.run(work, options.queries, options.warehouse, options.quick)
            everything["queries"] = timed
            if not options.json:
                queries.show(timed)
        if options.json:
            print(json.dumps(everything, indent=1))
    except CommandFailed as failure:
        raise SystemExit(str(failure)) from None
    finally:
        if not kept:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
