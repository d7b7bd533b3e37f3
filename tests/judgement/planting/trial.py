"""Plants errors, judges, and counts: which rules caught theirs, and what was flagged besides."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.census.figures import STATUSES
from dagster_project.judgement.frames import build as frames
from dagster_project.judgement.rules.catalogue import Catalogue, Rule
from dagster_project.judgement.scan import evaluate
from tests.judgement.planting import blank, codes, over_time, record, whole
from tests.judgement.planting.census import Census, table_of
from tests.judgement.planting.slip import NotHere, Slip

PLANTERS = record.PLANTERS | blank.PLANTERS | codes.PLANTERS | over_time.PLANTERS | whole.PLANTERS
TRIES = 1500
YEARS_REACHED = 9  # a cohort looks back so far, everything else less


@dataclass
class Outcome:
    """One planting: whether its rule caught it, and the flags raised beyond its reach.

    ``echoes`` are rules that flag the right figures of the year after for it.
    """

    census: str
    rule: Rule
    at: dict[str, object]
    changed: dict[str, object]
    caught: bool
    companions: set[str]
    echoes: set[str]


@dataclass
class Trial:
    """The outcomes of many plantings; ``false_alarms`` are flags on rows nobody touched."""

    outcomes: list[Outcome] = field(default_factory=list)
    false_alarms: list[dict] = field(default_factory=list)
    no_place: set[tuple[str, str]] = field(default_factory=set)  # census, rule

    def recall(self, severity: str) -> float:
        own = [o.caught for o in self.outcomes if o.rule.severity == severity]
        return sum(own) / len(own)

    def missed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not outcome.caught]

    def __add__(self, other: Trial) -> Trial:
        return Trial(
            self.outcomes + other.outcomes,
            self.false_alarms + other.false_alarms,
            self.no_place | other.no_place,
        )


def planter(rule: Rule) -> Callable[[Slip], None]:
    """How errors of this rule's kind are made; by the rule's own failing row if nobody said."""
    name = rule.rule_id
    while name:
        if name in PLANTERS:
            return PLANTERS[name]
        name = name.rpartition(".")[0]
    return over_time.own_case


def run(
    census: Census,
    catalogue: Catalogue,
    rules: Iterable[Rule],
    each: int,
    *,
    seed: int,
    at_once: int,
    own_county: bool = False,
) -> Trial:
    """Plant ``each`` errors of every rule at random places of ``census`` and judge all of it.

    ``at_once`` plantings are judged together: in copies of their own where the census has any, else
    in schools (or counties, with ``own_county``) of their own.
    """
    rng = np.random.default_rng(seed)
    trial = Trial()
    baseline = {_key(flag) for flag in _judged(census, catalogue, [], copies=False)}
    slips = []
    for rule in rules:
        made = list(takewhile(bool, (_plant(census, rule, rng) for _ in range(each))))
        if not made:
            trial.no_place.add((census.name, rule.rule_id))
        slips += made
    for group in _groups(slips, at_once, census.copies, own_county):
        _score(trial, census, group, _judged(census, catalogue, group, census.copies), baseline)
    return trial


def _plant(census: Census, rule: Rule, rng: np.random.Generator) -> Slip | None:
    """A planting at a random place that suits it; None where the census has no such place."""
    makers = [planter(rule)] if census.name == "real" else [planter(rule), over_time.own_case]
    for make in makers:
        if (slip := _tried(make, census, rule, rng)) is not None:
            return slip
    return None


def _tried(
    make: Callable[[Slip], None], census: Census, rule: Rule, rng: np.random.Generator
) -> Slip | None:
    for _ in range(TRIES):
        row = int(rng.integers(census.size))
        if not _judges(rule, census, row):
            continue
        slip = Slip(rule, census, row, rng)
        try:
            make(slip)
        except NotHere:
            continue
        return slip
    return None


def _judges(rule: Rule, census: Census, row: int) -> bool:
    year = census.columns["school_year"][row]
    standards = census.columns["standards"][row].split(",")
    stages = [census.columns["stage"][row]]
    if rule.frame == "school":  # a school stands under its first stage
        own = census.of_school[year, census.columns["school_id"][row]]
        stages = [min(census.columns["stage"][r] for r in own)]
    return (
        (rule.frame == "file" or stages[0] in rule.stages)
        and (rule.effective_from or 0) <= year <= (rule.effective_to or 9999)
        and (not rule.vintages or census.columns["vintage"][row] in rule.vintages)
        and (not rule.standards or bool({*rule.standards} & {*standards}))
    )


def _groups(
    slips: Sequence[Slip], at_once: int, copies: bool, own_county: bool
) -> Iterator[list[Slip]]:
    """Plantings that can be judged together: none touches what another one touches."""
    if copies:
        for start in range(0, len(slips), at_once):
            yield list(slips[start : start + at_once])
        return
    groups: list[tuple[list[Slip], set]] = []
    for slip in slips:
        place = set(slip.counties()) if own_county else set(slip.schools())
        for group, taken in groups:
            if len(group) < at_once and not taken & place:
                break
        else:
            group, taken = [], set()
            groups.append((group, taken))
        group.append(slip)
        taken |= place
    for group, _ in groups:
        yield group


# -------------------------------------------------------------------------------- judging


def _judged(
    census: Census, catalogue: Catalogue, slips: Sequence[Slip], copies: bool
) -> list[dict]:
    columns, relations = _applied(census, slips, copies)
    with duckdb.connect() as connection:
        connection.register("section", table_of(columns))
        for name, rows in relations.items():
            connection.execute(f"create temp table {name} ({frames.OPTIONAL_RELATIONS[name]})")
            connection.register("rows", pa.Table.from_pylist(rows))
            connection.execute(f"insert into {name} by name select * from rows")
        frames.build(connection, catalogue)
        verdict = evaluate(connection, catalogue)
    assert verdict.broken == ()
    return verdict.violations.drop_columns(["figures"]).to_pylist()


def _applied(
    census: Census, slips: Sequence[Slip], copies: bool
) -> tuple[dict[str, np.ndarray], dict[str, list[dict]]]:
    """The census with the errors in it; with ``copies`` each error in a copy under its own term."""
    times = len(slips) if copies else 1
    columns = {name: np.tile(values, times) for name, values in census.columns.items()}
    size = census.size
    mark = [f"-{number}" if copies else "" for number in range(max(times, 1))]
    for name in ("term", "sha256") if copies else ():
        marks = np.repeat(np.array(mark, object), size)
        columns[name] = columns[name] + marks
    relations: dict[str, list[dict]] = defaultdict(list)
    dropped = [entry for slip in slips for rows in slip.dropped.values() for entry in rows]
    for name, rows in census.relations.items():
        for number in range(times):
            own = slips[number].dropped.get(name, []) if copies else dropped
            relations[name] += [_marked(row, mark[number]) for row in rows if row not in own]
    gone, extra = [], defaultdict(list)
    for number, slip in enumerate(slips):
        number = number if copies else 0
        start, sign = number * size, mark[number]
        for (row, name), value in slip.figures.items():
            columns[name][start + row] = np.nan if value is None else value
        for (row, name), status in slip.status.items():
            columns[name][start + row] = STATUSES.index(status)
        for (row, name), value in slip.attributes.items():
            columns[name][start + row] = f"{value}{sign}" if name == "sha256" else value
        gone += [start + row for row in slip.removed]
        for name, rows in slip.relations.items():
            relations[name] += [_marked(row, sign) for row in rows]
        for row, changes in slip.added:
            for name, values in columns.items():
                value = changes.get(name, values[start + row])
                extra[name].append(f"{value}{sign}" if name == "sha256" and name in changes
                                   else value)  # fmt: skip
    if extra:
        columns = {name: np.concatenate([values, np.array(extra[name], values.dtype)])
                   for name, values in columns.items()}  # fmt: skip
    if gone:
        columns = {name: np.delete(values, gone) for name, values in columns.items()}
    return columns, {name: rows for name, rows in relations.items() if rows}


def _marked(row: Mapping, sign: str) -> dict:
    return {k: f"{v}{sign}" if k in ("term", "sha256") and v else v for k, v in row.items()}


# -------------------------------------------------------------------------------- scoring


def _key(flag: Mapping, sign: str = "") -> tuple:
    names = ("rule_id", "school_year", "county_code", "school_id", "stage")
    sha256 = flag["sha256"].removesuffix(sign) if flag["frame"] == "file" else None
    return (*(flag[name] for name in names), sha256)


def _score(
    trial: Trial, census: Census, slips: Sequence[Slip], flags: list[dict], baseline: set[tuple]
) -> None:
    marks = {f"-{i}": i for i in range(len(slips))} if census.copies else {"": 0}
    of_copy = defaultdict(list)
    for flag in flags:
        sign = f"-{flag['term'].rsplit('-', 1)[1]}" if census.copies else ""
        of_copy[sign].append(flag)
    for sign, number in marks.items():
        own = [slips[number]] if census.copies else list(slips)
        new = [flag for flag in of_copy[sign] if _key(flag, sign) not in baseline]
        reaches = [_Reach(slip, sign) for slip in own]
        unexplained = [f for f in new if not any(reach.holds(f) for reach in reaches)]
        trial.false_alarms += [{**flag, "census": census.name} for flag in unexplained]
        for slip, reach in zip(own, reaches, strict=True):
            at = slip.expected()
            caught = any(
                flag["rule_id"] == slip.rule.rule_id
                and all(_plain(flag[k], sign) == v for k, v in at.items())
                for flag in of_copy[sign]
            )
            companions = {f["rule_id"] for f in new if reach.holds(f)} - {slip.rule.rule_id}
            changed = {name: value for (row, name), value in slip.figures.items()
                       if row == slip.row}  # fmt: skip
            echoes = {f["rule_id"] for f in new if reach.holds(f) and reach.is_after(f)}
            trial.outcomes.append(
                Outcome(census.name, slip.rule, at, changed, caught, companions, echoes)
            )


def _plain(value: object, sign: str) -> object:
    return value.removesuffix(sign) if isinstance(value, str) and sign else value


class _Reach:
    """The rows that read something that a planting changed."""

    def __init__(self, slip: Slip, sign: str) -> None:
        self.schools, self.counties = slip.schools(), slip.counties()
        self.last_year = max(slip.is_("school_year", row) for row in slip.touched())
        self.files = {f"{name}{sign}" for name in slip.files()}
        for entry in slip.census.relations.get("teaching_point", []):
            if entry["parent_school_id"] in self.schools:
                year = self.schools[entry["parent_school_id"]]
                self.schools.setdefault(entry["school_id"], year)

    def is_after(self, flag: Mapping) -> bool:
        """Whether the flag is of a year whose own figures nobody touched."""
        return flag["school_year"] > self.last_year

    def holds(self, flag: Mapping) -> bool:
        year = flag["school_year"]
        if flag["frame"] == "file":
            return flag["sha256"] in self.files
        if flag["school_id"] is None:
            first = self.counties.get(flag["county_code"])
        else:
            first = self.schools.get(flag["school_id"])
        return first is not None and first <= year <= first + YEARS_REACHED


# -------------------------------------------------------------------------------- report


def report(trial: Trial) -> str:
    """The trial as a Markdown table: rule, severity, plantings, caught, false alarms."""
    alarms = Counter(flag["rule_id"] for flag in trial.false_alarms)
    per_rule = defaultdict(list)
    for outcome in trial.outcomes:
        per_rule[outcome.rule.rule_id].append(outcome)
    lines = [
        f"{len(trial.outcomes)} plantings of {len(per_rule)} rules; recall "
        + ", ".join(f"{s} {trial.recall(s):.2%}" for s in ("hard", "soft"))
        + f"; flags on untouched rows: {len(trial.false_alarms)}.",
        "",
        "| rule | severity | planted | caught | false alarms | by census |",
        "|---|---|---:|---:|---:|---|",
    ]
    for rule_id, outcomes in sorted(per_rule.items()):
        by = Counter(o.census for o in outcomes)
        lines.append(
            f"| {rule_id} | {outcomes[0].rule.severity} | {len(outcomes)} "
            f"| {sum(o.caught for o in outcomes)} | {alarms[rule_id]} "
            f"| {', '.join(f'{name} {count}' for name, count in sorted(by.items()))} |"
        )
    echoes = Counter((o.rule.rule_id, echo) for o in trial.outcomes for echo in o.echoes)
    lines += ["", "Right figures of the year after that were flagged for it:", ""]
    lines += [f"- {echo} after {rule}: {n}" for (rule, echo), n in sorted(echoes.items())]
    lines += ["", "Not caught:", ""]
    lines += [f"- {o.rule.rule_id} ({o.census}) {o.at} {o.changed}" for o in trial.missed()]
    return "\n".join(lines) + "\n"
