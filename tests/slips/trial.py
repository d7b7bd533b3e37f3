"""Slips planted into drops, read and judged as a load does it, and what was found of them."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import yaml

from dagster_project.judgement.judge import Limits, judge
from dagster_project.lake.ingest import ingest
from dagster_project.lake.reference import write_reference
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake
from tests.slips.making import COUNTS, Maker, NotHere
from tests.slips.oracle import IMPOSSIBLE, LARGE, SMALL, effect
from tests.slips.places import Drop, Place, census_places, return_places

SLIPS = yaml.safe_load(Path(__file__).with_name("slips.yml").read_text("utf-8"))["slips"]
_COUNTY_SLIPS_AT_ONCE = 4


@dataclass(frozen=True)
class Outcome:
    """One slip: what it did, and whether a flag at the right school and cell says so."""

    drop: str
    slip: str
    kind: str
    effect: str
    is_found: bool
    at_cell: bool
    where: str


@dataclass
class Trial:
    """Outcomes of many slips, and the flags at schools where nothing was changed."""

    outcomes: list[Outcome] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def share(self, wanted: Callable[[Outcome], bool]) -> float:
        chosen = [o for o in self.outcomes if wanted(o)]
        return sum(o.is_found for o in chosen) / len(chosen) if chosen else 1.0

    def missed(self, *effects: str) -> list[Outcome]:
        return [o for o in self.outcomes if not o.is_found and o.effect in effects]


class World:
    """A clean drop, loaded and judged once; trials work on copies of it."""

    def __init__(self, root: Path, name: str, write: Callable[[Path], object]) -> None:
        self.root, self.name = root, name
        self.raw = root / "clean" / "raw"
        write(self.raw)
        self.flags = {flag["flag_id"] for flag in _judge(root / "clean")}
        self.places = [*census_places(Lake(root / "clean" / "lake")), *return_places(self.raw)]
        self.at = {(p.file, p.sheet, p.row, p.column): p for p in self.places}
        self.newest = max(place.school_year for place in self.places)
        self.before = {
            (p.school_year, p.school_id, p.stage, p.name): p.value
            for p in self.places if p.kind == "census"
        }  # fmt: skip
        self.figures: dict[tuple, dict[str, float]] = defaultdict(dict)
        for place in self.places:
            if place.kind not in ("roster", "movement"):
                self.figures[_whole(place)][place.name] = place.value

    def run(self, seed: int, per_slip: int, most: int) -> Trial:
        """Plant ``per_slip`` of every slip for every kind of file, at most ``most`` at once."""
        rng, trial = Random(seed), Trial()
        waiting = [
            (slip, kind) for slip in SLIPS for kind in slip["made_in"] for _ in range(per_slip)
            if any(place.kind == kind for place in self.places)
        ]  # fmt: skip
        rng.shuffle(waiting)
        number = 0
        while waiting:
            left = self._batch(waiting, rng, most, self.root / f"trial{number}", trial)
            if len(left) == len(waiting):
                break  # nothing of what waits has a place here
            waiting, number = left, number + 1
        return trial

    def _batch(self, waiting, rng, most: int, folder: Path, trial: Trial) -> list:
        shutil.copytree(self.root / "clean", folder, copy_function=os.link)
        drop = Drop(folder / "raw")
        maker = Maker(drop, self.at, self.before, rng)
        planted, left, touched, rows = [], [], set(), set()
        for slip, kind in waiting:
            county = kind == "county_return"
            full = len(planted) >= most or (
                county and sum(p[1] == kind for p in planted) >= _COUNTY_SLIPS_AT_ONCE
            )
            made = None if full else self._plant(slip, kind, maker, rng, touched, rows)
            if made is None:
                left.append((slip, kind))
                continue
            planted.append((slip, kind, made))
        drop.save()
        new = [f for f in _judge(folder) if f["flag_id"] not in self.flags]
        refused = {d.path: d.reason or "" for d in Lake(folder / "lake").deliveries()
                   if not d.accepted}  # fmt: skip
        for slip, kind, changed in planted:
            trial.outcomes.append(self._outcome(slip, kind, changed, new, refused))
        trial.elsewhere += [
            f"{f['rule_id']} {f['school_name']}: {f['message']}" for f in new
            if f["school_id"] is not None and f["school_id"] not in touched
        ]  # fmt: skip
        shutil.rmtree(folder)
        return left

    def _plant(self, slip, kind, maker, rng, touched: set, rows: set):
        """The figures changed, or ``None`` where no place is left for this slip."""
        fits = [p for p in self.places if self._fits(slip, kind, p)]
        for place in rng.sample(fits, min(len(fits), 30)):
            county = place.school_id is None
            if (not county and place.school_id in touched) or (
                place.file,
                place.name.split("_")[0],
            ) in rows:
                continue
            below = self.at.get((place.file, place.sheet, place.row + 1, place.column))
            two = slip["make"] in ("swap_below", "other_school")
            if two and (below is None or below.school_id in touched):
                continue
            try:
                changed = maker.make(slip, place)
            except NotHere:
                continue
            touched |= {p.school_id for p, _ in changed if p.school_id}
            if two and below:
                touched.add(below.school_id)
            if county:
                rows.add((place.file, place.name.split("_")[0]))
            return changed
        return None

    def _fits(self, slip: dict, kind: str, place: Place) -> bool:
        year = self.newest - 1 if kind == "movement" else self.newest
        return (
            place.kind == kind
            and place.school_year == year
            and place.value is not None
            and abs(place.value) >= slip.get("least", 0)
            and (not slip.get("count") or place.unit in COUNTS)
            and slip.get("unit", place.unit) == place.unit
            and bool(re.match(f"(?:{slip.get('fields', '')})", place.name))
        )

    def _outcome(self, slip, kind, changed, flags, refused) -> Outcome:
        first = changed[0][0]
        cells = {(p.file, p.sheet or "", p.cell) for p, _ in changed}
        names = {p.name for p, _ in changed}
        ids = {p.school_id for p, _ in changed}
        here = [
            f for f in flags
            if (f["school_id"] in ids if first.school_id else names & set(_list(f["fields"])))
            or (f["source_file"], f["sheet"] or "", f["cell"]) in cells
        ]  # fmt: skip
        said = any(p.cell in refused.get(p.file, "") for p, _ in changed)
        at_cell = said or any(
            (f["source_file"], f["sheet"] or "", f["cell"]) in cells
            or names & set(_list(f["fields"]))
            for f in here
        )
        return Outcome(
            self.name, slip["id"], kind, self._effect(kind, changed), bool(here) or said, at_cell,
            f"{first.file} {first.sheet} {first.cell} {first.name} {first.value} → {changed[0][1]}",
        )  # fmt: skip

    def _effect(self, kind: str, changed) -> str:
        if kind == "roster":
            return _of_roster(changed)
        if kind == "movement":
            return _of_movement(*changed[0], self.newest)
        by_school = defaultdict(list)
        for place, value in changed:
            by_school[_whole(place)].append((place, value))
        effects = []
        for whole, part in by_school.items():
            figures = dict(self.figures[whole])
            if kind == "school_return":
                census = self.figures.get((*whole[:3], "census"), {})
                figures = {n: census.get(n) for n in ("teachers", "entrants")} | figures
            effects.append(effect(part, figures))
        return next(e for e in (IMPOSSIBLE, LARGE, SMALL) if e in effects)


def _of_roster(changed) -> str:
    """A class gone, twice, or of twice or half its pupils; the census has the others' total."""
    if any(isinstance(new, str) or new is None for _, new in changed):
        return IMPOSSIBLE if "/autumn/" in changed[0][0].file else LARGE
    if any(new < 0 or new != int(new) for _, new in changed):
        return IMPOSSIBLE
    total = sum(new - place.value for place, new in changed)
    gross = any(not 0.5 < new / place.value < 2 for place, new in changed)
    return LARGE if gross and total else SMALL


def _of_movement(place: Place, new, newest: int) -> str:
    """A cohort that has left is printed, and its flows must balance; others are not printed yet."""
    cohort = int(place.entry.split()[-1])
    if cohort + {"primary": 6, "junior": 3}[place.stage] <= newest:
        return IMPOSSIBLE
    gross = not isinstance(new, str) and (new or 0) >= 5 * place.value and new >= 20
    return LARGE if gross else SMALL


def _whole(place: Place) -> tuple:
    return place.school_year, place.school_id, place.stage, place.kind


def _list(fields: str | None) -> list[str]:
    return re.split(r"[,\s]+", fields or "")


def _judge(folder: Path) -> list[dict]:
    """Read and judge ``folder/raw`` as a load does; the open flags."""
    lake, out = Lake(folder / "lake"), folder / "judgement"
    shutil.rmtree(folder / "selection", ignore_errors=True)
    ingest(folder / "raw", lake)
    write_reference(lake, folder / "raw")
    select(lake, folder / "selection")
    shutil.rmtree(out, ignore_errors=True)
    judge(lake, folder / "selection", out, limits=Limits(folder / "work"))
    rows = pq.read_table(out / "flag.parquet").to_pylist()
    return [row for row in rows if row["status"] == "open"]


def table(trials: Iterable[Trial]) -> Iterator[str]:
    """The results as lines of Markdown: by slip and kind of file, what was made and found."""
    outcomes = [o for trial in trials for o in trial.outcomes]
    titles = {slip["id"]: slip["zh"] for slip in SLIPS}
    yield "| slip | made in | impossible: found | large: found | small: found | at the cell |"
    yield "|---|---|---|---|---|---|"
    groups: dict[tuple, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.slip, outcome.kind].append(outcome)
    for (slip, kind), found in sorted(groups.items()):
        counts = Counter((o.effect, o.is_found) for o in found)
        shares = [
            f"{counts[e, True]} of {counts[e, True] + counts[e, False]}"
            for e in (IMPOSSIBLE, LARGE, SMALL)
        ]
        cells = sum(o.at_cell for o in found if o.is_found)
        yield f"| {titles[slip]} ({slip}) | {kind} | {' | '.join(shares)} | {cells} |"
