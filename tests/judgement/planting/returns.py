"""Errors planted into returns: a small county with every answer, copied once for each planting.

The census stays as it is; what a copy returned is changed at one place (``PLANTERS``, by the rule
whose kind of error it is). A copy has a county code and school ids of its own, so that all of them
are judged in one go without knowing of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from zlib import crc32

import duckdb
import numpy as np
import pyarrow as pa

from dagster_project.census.schema import items, part_schema
from dagster_project.judgement.rules.catalogue import Rule

YEAR = 2023
MOVED = 2022  # the year whose movements the census of YEAR shows
SHOWN = ("城关一小", "城关二小", "城关五小", "平罗四中", "平罗五中", "平罗六中")

Row = dict[str, object]


@dataclass
class Copy:
    """What one copy of the county returned; rows as in the relations, with ids as in the sample."""

    number: int
    answer: list[Row]
    roster: list[Row]
    movement: list[Row]
    rng: np.random.Generator

    @property
    def county_code(self) -> str:
        return f"{700000 + self.number}"

    def id_of(self, school_id: str) -> str:
        return f"{self.number:03d}{school_id[3:]}"

    # ------------------------------------------------------------------ finding

    def of(self, part: str, **wanted: object) -> list[Row]:
        """The rows of a part that are ``wanted``; at least one."""
        rows = [r for r in getattr(self, part) if all(r.get(k) == v for k, v in wanted.items())]
        assert rows, (part, wanted)
        return rows

    def any_of(self, part: str, **wanted: object) -> Row:
        rows = self.of(part, **wanted)
        return rows[int(self.rng.integers(len(rows)))]

    def county(self, item: str, year: int = YEAR) -> Row:
        (row,) = self.of("answer", item_id=item, school_year=year, school_id=None)
        return row

    def school(self, item: str, **wanted: object) -> Row:
        rows = [r for r in self.of("answer", item_id=item, school_year=YEAR, **wanted)
                if r["school_id"]]  # fmt: skip
        return rows[int(self.rng.integers(len(rows)))]

    def classes(self, term: str = "autumn", year: int = YEAR, **wanted: object) -> list[Row]:
        """All classes of one school's stage, chosen at random among those that are ``wanted``."""
        one = self.any_of("roster", term=term, school_year=year, **wanted)
        return self.of("roster", term=term, school_year=year, school_id=one["school_id"],
                       stage=one["stage"])  # fmt: skip

    def moves(self, kind: str, term: str = "spring", **wanted: object) -> list[Row]:
        return self.of("movement", kind=kind, term=term, school_year=MOVED, **wanted)

    # ------------------------------------------------------------------ changing

    def drop(self, part: str, rows: Iterable[Row]) -> None:
        gone = list(map(id, rows))
        setattr(self, part, [row for row in getattr(self, part) if id(row) not in gone])

    def add(self, part: str, row: Row, **changes: object) -> Row:
        made = {**row, **changes}
        getattr(self, part).append(made)
        return made


def last(rule: Rule) -> str:
    return rule.rule_id.rpartition(".")[2]


def scale(row: Row, factor: float, column: str = "value") -> None:
    row[column] = row[column] * factor


# ------------------------------------------------------------------ answers of the county


def part_exceeds_whole(copy: Copy, rule: Rule) -> None:
    part, whole = (copy.county(item) for item in rule.fields)
    part["value"] = whole["value"] + 1


def whole_missing(copy: Copy, rule: Rule) -> None:
    copy.drop("answer", [copy.county(rule.fields[1])])


def put(item: str, value: float) -> Callable[[Copy, Rule], None]:
    def plant(copy: Copy, rule: Rule) -> None:
        copy.county(item or rule.fields[0])["value"] = value

    return plant


def times(factor: float, item: str = "", year: int = YEAR) -> Callable[[Copy, Rule], None]:
    """The answer (of the rule's first field) ``factor`` times as large."""

    def plant(copy: Copy, rule: Rule) -> None:
        scale(copy.county(item or rule.fields[0], year), factor)

    return plant


def same_as_last_year(copy: Copy, rule: Rule) -> None:
    for item in rule.fields:
        copy.county(item)["value"] = copy.county(item, YEAR - 1)["value"]


def few_schools_answered(copy: Copy, rule: Rule) -> None:
    schools = sorted({r["school_id"] for r in copy.answer if r["school_id"]})[:3]
    copy.drop("answer", [r for r in copy.answer if r["school_id"] in schools])


def nearby_rate_differs(copy: Copy, rule: Rule) -> None:
    for row in copy.of("answer", item_id="nearby_entrants", stage=last(rule), school_year=YEAR):
        scale(row, 0.3)


def schools_say_no(copy: Copy, rule: Rule) -> None:
    one, item = copy.school("has_charter"), last(rule)
    asked = [r for r in copy.answer if r["item_id"] == item]
    copy.drop("answer", [r for r in asked if r["school_id"] == one["school_id"]])
    copy.add("answer", one, item_id=item, value=0.0)


def schools_spend_more(copy: Copy, rule: Rule) -> None:
    scale(copy.school("running_budget_yuan"), 10_000)


# ------------------------------------------------------------------ answers of schools


def of_school(factor: float, item: str = "") -> Callable[[Copy, Rule], None]:
    def plant(copy: Copy, rule: Rule) -> None:
        scale(copy.school(item or rule.fields[0]), factor)

    return plant


def school_changed(copy: Copy, rule: Rule) -> None:
    now = copy.school(rule.fields[0])
    copy.add("answer", now, school_year=YEAR - 1, value=now["value"] * 10)


def training_share(copy: Copy, rule: Rule) -> None:
    row = copy.school("training_budget_yuan")
    (running,) = copy.of("answer", item_id="running_budget_yuan", school_year=YEAR,
                         school_id=row["school_id"])  # fmt: skip
    row["value"] = running["value"] / 2


def running_missing(copy: Copy, rule: Rule) -> None:
    copy.drop("answer", [copy.school("running_budget_yuan")])


def another_id(part: str) -> Callable[[Copy, Rule], None]:
    """A school's rows under an id that nobody has."""

    def plant(copy: Copy, rule: Rule) -> None:
        rows = [r for r in getattr(copy, part) if r["school_id"]]
        school = rows[int(copy.rng.integers(len(rows)))]["school_id"]
        for row in copy.of(part, school_id=school):
            row["school_id"] = f"{school[:3]}9999999"

    return plant


def another_stage(copy: Copy, rule: Rule) -> None:
    row = copy.school("teachers_certified", stage="primary")
    row["stage"] = "junior"


def another_county(part: str) -> Callable[[Copy, Rule], None]:
    """A school's rows in the return of a county that has no census here."""

    def plant(copy: Copy, rule: Rule) -> None:
        rows = [r for r in getattr(copy, part) if r["school_id"]]
        school = rows[int(copy.rng.integers(len(rows)))]["school_id"]
        for row in copy.of(part, school_id=school):
            row["county_code"] = "799999"

    return plant


# ------------------------------------------------------------------ rosters


def one_class(column: str, change: Callable[[Row], float]) -> Callable[[Copy, Rule], None]:
    def plant(copy: Copy, rule: Rule) -> None:
        row = copy.any_of("roster", term="autumn", school_year=YEAR)
        row[column] = change(row)

    return plant


def named_twice(copy: Copy, rule: Rule) -> None:
    one = copy.any_of("roster", term="autumn", school_year=YEAR, class_name="1班")
    copy.add("roster", one, class_name="（一）班", source_row=9999)


def every_class(column: str, factor: float) -> Callable[[Copy, Rule], None]:
    def plant(copy: Copy, rule: Rule) -> None:
        for row in copy.classes():
            row[column] = float(round(row[column] * factor))

    return plant


def classes_gone(share: float, term: str = "autumn", year: int = YEAR):
    def plant(copy: Copy, rule: Rule) -> None:
        rows = copy.classes(term, year)
        copy.drop("roster", rows[: max(1, round(share * len(rows)))])

    return plant


def grade_gone(copy: Copy, rule: Rule) -> None:
    grade = int(last(rule))
    rows = copy.classes(grade=grade)
    copy.drop("roster", [row for row in rows if row["grade"] == grade])


def grade_differs(copy: Copy, rule: Rule) -> None:
    scale(
        copy.any_of("roster", term="autumn", school_year=YEAR, grade=int(last(rule))), 2, "pupils"
    )


def sizes_differ(copy: Copy, rule: Rule) -> None:
    for number, row in enumerate(copy.classes()):
        row["pupils"] += 11 if number % 2 else -11


def more_large_classes(copy: Copy, rule: Rule) -> None:
    for row in copy.classes()[:3]:
        row["pupils"] = 67.0


def roster_without_school(copy: Copy, rule: Rule) -> None:
    copy.drop("roster", copy.classes())


# ------------------------------------------------------------------ movements


def many(kind: str, factor: float, term: str = "spring") -> Callable[[Copy, Rule], None]:
    def plant(copy: Copy, rule: Rule) -> None:
        rows = copy.moves(kind, term)
        row = rows[int(copy.rng.integers(len(rows)))]
        row["pupils"] = float(round(row["pupils"] * factor))

    return plant


def any_number(number: float) -> Callable[[Copy, Rule], None]:
    """So many of the rule's kind moved in one cohort of one school."""

    def plant(copy: Copy, rule: Rule) -> None:
        kind = last(rule)
        row = copy.any_of("movement", kind="transfer_in", term="spring", school_year=MOVED)
        copy.drop(
            "movement",
            [
                r
                for r in copy.movement
                if r["kind"] == kind
                and all(
                    r[k] == row[k] for k in ("school_id", "stage", "cohort", "term", "school_year")
                )
            ],
        )
        copy.add("movement", row, kind=kind, pupils=number)

    return plant


def one_direction(copy: Copy, rule: Rule) -> None:
    other = rule.fields[1].removeprefix("movement_")
    one = last(rule)
    copy.drop("movement", copy.moves(other, stage="junior"))
    rows = copy.moves(one, stage="junior")
    for row in rows:
        row["pupils"] = max(row["pupils"], float(np.ceil(20 / len(rows))))


def told_twice(copy: Copy, rule: Rule) -> None:
    ends = ("entrant", "graduate")
    spring = [r for r in copy.movement if r["term"] == "spring" and r["kind"] not in ends]
    copy.drop("movement", [r for r in spring if r["school_year"] == MOVED])
    for row in copy.of("movement", term="autumn", school_year=MOVED):
        if row["kind"] not in ends:
            copy.add("movement", row, term="spring")


def another_grade(copy: Copy, rule: Rule) -> None:
    copy.any_of("movement", kind="transfer_in", term="spring", school_year=MOVED)["grade"] += 1


def spring_entrants(copy: Copy, rule: Rule) -> None:
    copy.add("movement", copy.moves("transfer_in")[0], kind="entrant")


def graduates_too_young(copy: Copy, rule: Rule) -> None:
    row = copy.any_of("movement", kind="graduate", stage=last(rule), school_year=MOVED)
    row["cohort"], row["grade"] = MOVED, 1


def school_difference(copy: Copy, rule: Rule) -> None:
    copy.any_of("movement", kind="transfer_in", school_year=MOVED, grade=1)["pupils"] += 100.0


def county_difference(copy: Copy, rule: Rule) -> None:
    rows = copy.of("movement", kind="transfer_out", school_year=MOVED, stage="junior", grade=1)
    rows[0]["pupils"] += 120.0


PLANTERS: dict[str, Callable[[Copy, Rule], None]] = {
    "answer.part_exceeds_whole": part_exceeds_whole,
    "answer.whole_missing": whole_missing,
    "answer.disabled_placed_exceed_children": times(2, "disabled_inclusive"),
    "answer.disabled_children_missing": lambda c, r: c.drop("answer", [c.county(r.fields[0])]),
    "answer.rate_impossible": put("", 99.62),
    "answer.rate_low": put("", 0.0099),
    "answer.amount_in_another_unit": times(0.0001),
    "answer.amount_implausible": times(0.1),
    "answer.pay_ratio_impossible": times(0.01, "teacher_pay_yuan"),
    "answer.pay_ratio_implausible": times(0.2, "teacher_pay_yuan"),
    "answer.budget_in_another_unit": times(0.0001),
    "answer.budget_implausible": times(0.1),
    "answer.budget_share_implausible": times(10, "public_budget_yuan"),
    "answer.per_pupil_budget_does_not_fit": times(3),
    "answer.schools_spend_more_than_the_budget": schools_spend_more,
    "answer.count_changed": times(10, year=YEAR - 1),
    "answer.amount_changed": times(0.1, year=YEAR - 1),
    "answer.same_as_last_year": same_as_last_year,
    "answer.exchange_share_implausible": times(0.7, "exchange_eligible"),
    "answer.zero": put("", 0.0),
    "answer.eligible_exceed_teachers": times(10),
    "answer.moved_backbone_exceed_backbone": times(100),
    "answer.more_children_than_pupils": times(1000),
    "answer.children_differ_from_census": times(3),
    "answer.disabled_share_implausible": times(10),
    "answer.senior_places_exceed_leavers": times(10),
    "answer.few_schools_answered": few_schools_answered,
    "answer.nearby_rate_differs": nearby_rate_differs,
    "answer.schools_say_no": schools_say_no,
    "school_answer.part_exceeds_census": of_school(2),
    "school_answer.training_exceeds_running_budget": of_school(100),
    "school_answer.training_share_implausible": training_share,
    "school_answer.training_share_tiny": of_school(0.0001),
    "school_answer.running_budget_in_another_unit": of_school(0.0001),
    "school_answer.running_budget_implausible": of_school(0.1),
    "school_answer.running_budget_missing": running_missing,
    "school_answer.zero": of_school(0),
    "school_answer.running_budget_outlier": of_school(0.1),
    "school_answer.few": of_school(0.1),
    "school_answer.few_certified": of_school(0.1),
    "school_answer.changed": school_changed,
    "school_answer.school_unknown": another_id("answer"),
    "school_answer.stage_unknown": another_stage,
    "school_answer.of_another_county": another_county("answer"),
    "roster.girls_exceed_pupils": one_class("girls", lambda row: row["pupils"] + 1),
    "roster.class_impossibly_large": one_class("pupils", lambda row: row["pupils"] * 10),
    "roster.class_very_large": one_class("pupils", lambda row: row["pupils"] * 2),
    "roster.class_very_small": one_class("pupils", lambda row: row["pupils"] // 10),
    "roster.empty_class": one_class("pupils", lambda row: 0.0),
    "roster.names_repeated": named_twice,
    "roster.girls_only": one_class("girls", lambda row: row["pupils"]),
    "roster.girls_share": every_class("girls", 0.1),
    "roster.incomplete.classes": classes_gone(0.5),
    "roster.incomplete.pupils": every_class("pupils", 2),
    "roster.differs.classes": classes_gone(0.01),
    "roster.differs.pupils": every_class("pupils", 1.1),
    "roster.differs.pupils_girls": every_class("girls", 1.3),
    "roster.spring_differs": classes_gone(0.4, "spring", MOVED),
    "roster.grade_missing": grade_gone,
    "roster.grade_differs": grade_differs,
    "roster.sizes_differ": sizes_differ,
    "roster.more_large_classes": more_large_classes,
    "roster.school_missing": roster_without_school,
    "roster.school_unknown": another_id("roster"),
    "roster.of_another_county": another_county("roster"),
    "roster.changed_since_last": classes_gone(0.4, "spring", MOVED),
    "movement.more_left_than_there_were": many("transfer_out", 1000),
    "movement.more_graduates_than_there_were": many("graduate", 1.5),
    "movement.few_graduates": many("graduate", 0.5),
    "movement.entrants_differ_from_census": many("entrant", 0.5, "autumn"),
    "movement.large_share": any_number(400.0),
    "movement.ten_times_usual": any_number(40.0),
    "movement.one_direction": one_direction,
    "movement.same_as_last_semester": told_twice,
    "movement.grade_does_not_fit_cohort": another_grade,
    "movement.entrants_out_of_time": spring_entrants,
    "movement.graduates_out_of_time": graduates_too_young,
    "movement.school_unknown": another_id("movement"),
    "movement.grade_difference.county": county_difference,
    "movement.grade_difference.school": school_difference,
    "movement.differs_from_form_331": any_number(200.0),
    "movement.graduates_differ_from_census": many("graduate", 0.9),
}


def planter(rule: Rule) -> Callable[[Copy, Rule], None] | None:
    name = rule.rule_id
    while name and name not in PLANTERS:
        name = name.rpartition(".")[0]
    return PLANTERS.get(name)


# ------------------------------------------------------------------ the county that is copied


def relations(lake: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    """The returns of the schools that are ``SHOWN``, with every answer of a county, in two years.

    ``lake`` has the relations ``section``, ``answer``, ``roster``, ``movement`` of the sample; the
    first is cut to these schools here.
    """
    names = ", ".join(f"'{name}'" for name in SHOWN)
    lake.execute(
        # Town schools have no left-behind children; these get some, to have them in the census.
        f"create or replace temp table shown as select * replace (30.0 as pupils_left_behind, "
        f"'reported' as pupils_left_behind__status) from section "
        f"where school_name in ({names}) and school_year in ({MOVED}, {YEAR})"
    )
    found = {}
    for part in ("answer", "roster", "movement"):
        rows = lake.sql(
            f"select * from {part} where school_id in (select school_id from shown) "
            f"and school_year in ({MOVED}, {YEAR})"
        ).to_arrow_table()
        found[part] = rows.to_pylist()
    found["answer"] += county_answers(lake)
    return found


def county_answers(lake: duckdb.DuckDBPyConnection) -> list[Row]:
    """Answers that fit the census of these schools; last year's are a little less."""
    census = lake.execute(
        "select sum(pupils) as pupils, sum(teachers) as teachers, "
        "sum(pupils_migrant) as migrant, sum(pupils_left_behind) as left_behind, "
        "sum(pupils_grade_3) filter (where stage = 'junior') as leavers "
        f"from shown where school_year = {YEAR}"
    ).fetchall()[0]
    pupils, teachers, migrant, left_behind, leavers = (float(figure or 0) for figure in census)
    money = {
        "teacher_pay_yuan": 118_600.0, "civil_servant_pay_yuan": 117_900.0,
        "special_education_funding_yuan": 8_000.0, "education_budget_yuan": 30_000.0 * pupils,
        "education_budget_per_pupil_yuan": 26_000.0, "public_budget_yuan": 150_000.0 * pupils,
    }  # fmt: skip
    counts = {
        "exchange_eligible": 0.5 * teachers, "exchange_moved": 0.25 * teachers,
        "exchange_moved_backbone": 0.12 * teachers, "quota_places": 0.2 * leavers,
        "senior_places": 0.3 * leavers, "migrant_children": 0.9 * migrant,
        "migrant_children_placed": 0.85 * migrant, "left_behind_children": left_behind,
        "left_behind_children_placed": left_behind, "disabled_registered": 0.01 * pupils,
        "disabled_deferred": 6, "disabled_special_class": 8, "disabled_inclusive": 0.006 * pupils,
        "disabled_special_school": 9, "disabled_home": 7,
    }  # fmt: skip
    rates = {"nearby_rate_primary": 1.0, "nearby_rate_junior": 1.0, "satisfaction_rate": 0.9962}
    yes = {
        item.item_id: 0.0 if item.item_id.startswith("veto") else 1.0
        for item in items().values()
        if item.level == "county" and item.kind == "yes_no"
    }
    now = {**money, **{item: float(round(n)) for item, n in counts.items()}, **rates, **yes}
    before = {item: round(0.94 * value) if item in counts else value for item, value in now.items()}
    return [
        {"sha256": "county", "school_year": year, "term": "autumn", "item_id": item,
         "value": float(value), "status": "reported", "sheet": "县级填报表", "cell": "D9",
         "county_name": "样例县", "school_id": None, "stage": None}
        for year, answers in ((YEAR, now), (YEAR - 1, before))
        for item, value in answers.items()
    ]  # fmt: skip


def copies(base: dict[str, list[Row]], names: Iterable[str], seed: int) -> list[Copy]:
    """A copy for each name, which decides on the places that are chosen in it, ever after."""
    return [
        Copy(number, *(deepcopy(base[part]) for part in ("answer", "roster", "movement")),
             np.random.default_rng([seed, crc32(name.encode())]))
        for number, name in enumerate(names)
    ]  # fmt: skip


def connect(lake: duckdb.DuckDBPyConnection, made: list[Copy]) -> duckdb.DuckDBPyConnection:
    """The relations of all copies beside each other, ready for the frames."""
    connection = duckdb.connect()
    shown = lake.sql("select * from shown").to_arrow_table()
    connection.register("shown", shown)
    connection.execute(
        f"create temp table section as select shown.* replace ("
        f"(700000 + number)::varchar as county_code, "
        f"lpad(number::varchar, 3, '0') || school_id[4:] as school_id) "
        f"from shown cross join (select unnest(range({len(made)})) as number)"
    )
    for part in ("answer", "roster", "movement"):
        rows = [
            {
                **row,
                "county_code": row["county_code"] if row.get("county_code") == "799999"
                else copy.county_code,
                "school_id": row["school_id"] and copy.id_of(row["school_id"]),
            }
            for copy in made
            for row in getattr(copy, part)
        ]  # fmt: skip
        table = pa.Table.from_pylist(rows, part_schema(part))
        connection.register(part, table)
    return connection
