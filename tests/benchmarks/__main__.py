"""``python -m tests.benchmarks [county|nation|ten-years|all]``: the load against a bare script."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.benchmarks import inputs
from tests.benchmarks.agreement import differences
from tests.benchmarks.measure import CommandFailed, Measured, measure

LOAD = [sys.executable, "-c", "from dagster_project.cli import main; main()", "load"]
BARE = [sys.executable, "-m", "tests.benchmarks.bare"]
INGEST = [sys.executable, "-m", "tests.benchmarks.ingest"]
YEARS, QUICK_YEARS = 10, 2
Runs = dict[str, list[Measured]]


def county(work: Path, quick: bool, runs: int) -> Runs:
    """28 workbooks of some twenty sheets into an empty warehouse; dbt project parsed and not."""
    raw = inputs.workbooks(work, inputs.QUICK if quick else inputs.COUNTY)
    cold = {} if quick else {"load, dbt project not parsed yet": _forget_manifest}
    return _compare(work, raw, "workbooks", runs, {"load": _keep_manifest, **cold})


def nation(work: Path, quick: bool, runs: int) -> Runs:
    """200,000 sections of some 300 columns, one year of csv, into an empty warehouse."""
    raw = inputs.flat(work, inputs.QUICK if quick else inputs.NATION)
    return _compare(work, raw, "flat", runs, {"load": _keep_manifest})


def ten_years(work: Path, quick: bool, runs: int) -> Runs:
    """Ten such years rebuilt from the lake: with nothing judged yet, and as any later load."""
    size, years = (inputs.QUICK, QUICK_YEARS) if quick else (inputs.NATION, YEARS)
    warehouse, bare = work / "warehouse", work / "bare"
    shutil.rmtree(warehouse, ignore_errors=True)
    raw = inputs.flat(work, size, years)
    measure([*INGEST, str(raw), str(warehouse)])
    for folder in raw.glob("[0-9]*"):
        shutil.rmtree(folder)  # figures that were accepted stay known; this frees the disk
    results: Runs = {}
    for _ in range(runs):
        shutil.rmtree(warehouse / "lake" / "judged", ignore_errors=True)
        for name in ("rebuild, all years judged anew", "rebuild"):
            _unpublish(warehouse)
            results.setdefault(name, []).append(_load(raw, warehouse))
        results.setdefault("bare", []).append(_bare("lake", warehouse / "lake", raw, bare))
    _check(warehouse, bare)
    shutil.rmtree(raw)
    shutil.rmtree(warehouse)
    return results


BENCHMARKS = {"county": county, "nation": nation, "ten-years": ten_years}


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
            results.setdefault(name, []).append(_load(raw, warehouse))
        results.setdefault("bare", []).append(_bare(shape, raw, raw, bare))
    _check(warehouse, bare)
    shutil.rmtree(warehouse)
    return results


def _load(raw: Path, warehouse: Path) -> Measured:
    return measure([*LOAD, "--raw", str(raw), "--warehouse", str(warehouse)])


def _bare(shape: str, source: Path, raw: Path, out: Path) -> Measured:
    shutil.rmtree(out, ignore_errors=True)
    return measure([*BARE, shape, str(source), str(inputs.points(raw)), str(out)])


def _check(warehouse: Path, bare: Path) -> None:
    """Both must have computed the same, or the comparison is worth nothing."""
    if found := differences(warehouse / "published", bare):
        raise SystemExit(f"The load and the bare script differ: {found}")


def _keep_manifest() -> None:
    """See to it that the dbt project is parsed already, as after any first load."""
    from dagster_project.build.manifest import manifest_path

    manifest_path()


def _forget_manifest() -> None:
    from dagster_project.build.manifest import manifest_path

    shutil.rmtree(manifest_path().parent)


def _unpublish(warehouse: Path) -> None:
    """Take the published version away, so that nothing is found unchanged."""
    (warehouse / "current").unlink(missing_ok=True)
    shutil.rmtree(warehouse / "versions", ignore_errors=True)


def _print(name: str, results: Runs) -> None:
    bare = median(m.seconds for m in results["bare"])
    bare_cpu = median(m.cpu for m in results["bare"])
    print(f"\n{name} (medians of {len(results['bare'])})")
    print("| | wall s | cpu s | peak of all processes GiB | of the largest | × bare, wall | cpu |")
    print("|---|---|---|---|---|---|---|")
    for label, runs in results.items():
        seconds, cpu = median(m.seconds for m in runs), median(m.cpu for m in runs)
        tree, largest = max(m.tree for m in runs), max(m.largest for m in runs)
        print(
            f"| {label} | {seconds:.1f} | {cpu:.1f} | {tree / 2**30:.2f} | {largest / 2**30:.2f}"
            f" | {seconds / bare:.1f} | {cpu / bare_cpu:.1f} |"
        )
    for label, runs in results.items():
        stages = {stage: median(m.stages.get(stage, 0.0) for m in runs) for stage in runs[0].stages}
        if stages:
            print(f"{label}: " + ", ".join(f"{s} {seconds:.1f} s" for s, seconds in stages.items()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("which", nargs="?", default="all", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--quick", action="store_true", help="a few schools, to see that it runs")
    parser.add_argument("--runs", type=int, default=1, help="repetitions (default 1)")
    parser.add_argument("--work", type=Path, help="folder that keeps inputs (default: a new one)")
    parser.add_argument("--json", action="store_true", help="every run as JSON on standard output")
    options = parser.parse_args()
    chosen = BENCHMARKS if options.which == "all" else {options.which: BENCHMARKS[options.which]}
    kept = options.work is not None
    work = options.work.absolute() if kept else Path(tempfile.mkdtemp(prefix="junheng-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    everything = {}
    try:
        for name, benchmark in chosen.items():
            results = benchmark(work, options.quick, options.runs)
            everything[name] = {label: [asdict(m) for m in runs] for label, runs in results.items()}
            if not options.json:
                _print(name, results)
        if options.json:
            print(json.dumps(everything, indent=1))
    except CommandFailed as failure:
        raise SystemExit(str(failure)) from None
    finally:
        if not kept:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
