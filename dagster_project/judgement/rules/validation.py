"""Everything that can be wrong with a catalogue, found before any data is judged by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from dagster_project.census.schema import STAGES
from dagster_project.judgement.frames.build import build_empty
from dagster_project.judgement.frames.required_columns import find_fields_behind, find_names
from dagster_project.judgement.frames.returned import list_figures
from dagster_project.judgement.rules.catalogue import (
    FRAMES,
    OWNERS,
    SEVERITIES,
    Catalogue,
    Rule,
    of_rule,
)
from dagster_project.judgement.rules.message import AT_FAULT, PLACEHOLDER
from dagster_project.judgement.rules.seeds import list_taintable
from dagster_project.judgement.scan import predicate_sql
from dagster_project.messages import Message

_NOR = {
    "answer": Message("rules.nor_item"),
    "school_answer": Message("rules.nor_item"),
    "roster": Message("rules.nor_roster"),
    "movement": Message("rules.nor_movement"),
}


def find_problems(catalogue: Catalogue) -> list[Message]:
    """Every problem of the catalogue, a sentence each; empty if it can be used."""
    problems = _find_twice(catalogue)
    for rule in catalogue.rules:
        found = _find_rule_problems(rule, catalogue)
        problems += [of_rule(rule.file, rule.rule_id, problem) for problem in found]
    if not any(rule.frame not in FRAMES for rule in catalogue.rules):
        problems += _find_unbound(catalogue)
    return problems


def _find_twice(catalogue: Catalogue) -> list[Message]:
    counts = Counter(rule.rule_id for rule in catalogue.rules)
    return [
        Message("rules.id_twice", {"rule": rule_id, "count": count})
        for rule_id, count in counts.items()
        if count > 1
    ]


def _find_rule_problems(rule: Rule, catalogue: Catalogue) -> Iterator[Message]:
    for key, value, allowed in (
        ("severity", rule.severity, SEVERITIES),
        ("frame", rule.frame, FRAMES),
        ("owner", rule.owner, OWNERS),
    ):
        if value not in allowed:
            yield Message("rules.none_of", {"key": key, "value": value, "allowed": allowed})
    for name in rule.fields:
        if name not in list_figures(rule.frame):
            nor = _NOR.get(rule.frame, "")
            yield Message("rules.no_field", {"field": name, "nor": nor})
    if undeclared := sorted(find_fields_behind(rule, catalogue) - set(rule.fields)):
        yield Message("rules.undeclared", {"fields": undeclared})
    for item in rule.taints:
        if item not in list_taintable():
            yield Message("rules.taints_unknown", {"item": item})
    for stage in rule.stages:
        if stage not in STAGES:
            yield Message("rules.stage_unknown", {"stage": stage, "stages": STAGES})
    if any(sign in rule.fails_when + rule.observed + rule.at_fault for sign in "{}%"):
        yield Message("rules.template_signs")
    for kind in ("pass", "fail"):
        if not rule.cases.get(kind):
            yield Message("rules.no_case", {"kind": kind})
    if extra := set(rule.cases) - {"pass", "fail"}:
        yield Message("rules.unknown_tests", {"keys": sorted(map(str, extra))})
    first, last = rule.effective_from, rule.effective_to
    if first is not None and last is not None and first > last:
        yield Message("rules.ends_before_it_begins")


def _find_unbound(catalogue: Catalogue) -> list[Message]:
    """Rules whose SQL does not bind against their frame, or whose texts or tests name no column."""
    import duckdb

    problems = []
    with duckdb.connect() as connection:
        try:
            build_empty(connection, catalogue)
        except duckdb.Error as error:
            return [Message("rules.no_frames", {"said": _first_line(error)})]
        columns = {
            frame: {row[0] for row in connection.execute(f"describe frame_{frame}").fetchall()}
            for frame in dict.fromkeys(rule.frame for rule in catalogue.rules)
        }
        # One statement for all rules of a frame; where it does not bind, rule by rule.
        suspects = [
            f for f in columns if _find_misfit(connection, f, catalogue.of_frame(f)) is not None
        ]
        for rule in catalogue.rules:
            frame = f"frame_{rule.frame}"
            found = []
            misfit = (
                _find_misfit(connection, rule.frame, [rule]) if rule.frame in suspects else None
            )
            if misfit is not None:
                found.append(Message("rules.misfit", {"frame": frame, "said": misfit}))
            there = columns[rule.frame] | {"observed"} | ({AT_FAULT} if rule.at_fault else set())
            texts = {p[1] for t in (rule.message, rule.expected) for p in PLACEHOLDER.finditer(t)}
            tests = {str(name) for kind in ("pass", "fail") for row in rule.cases.get(kind) or []
                     for name in row}  # fmt: skip
            for names, told in ((texts, "rules.texts_name"), (tests, "rules.test_rows_name")):
                if unknown := sorted(names - there):
                    found.append(Message(told, {"columns": unknown, "frame": frame}))
            stray = PLACEHOLDER.sub("", rule.message + rule.expected)
            if "{" in stray or "}" in stray:
                found.append(Message("rules.stray_brace"))
            problems += [of_rule(rule.file, rule.rule_id, problem) for problem in found]
    return problems


def _find_misfit(connection, frame: str, rules: Iterable[Rule]) -> str | None:
    """What DuckDB says where the SQL of ``rules`` does not bind to their frame."""
    import duckdb

    read = ", ".join(
        f"({predicate_sql(r)})::boolean, ({r.observed}), ({r.at_fault or 'null'})" for r in rules
    )
    try:
        connection.execute(f"explain select {read} from frame_{frame}").fetchall()
    except duckdb.Error as error:
        return _first_line(error)
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def judge_cases(catalogue: Catalogue) -> dict[str, list[tuple[str, dict, bool | None]]]:
    """Every rule's own test rows, judged by DuckDB: rule id → (kind, row, verdict).

    ``kind`` is ``pass`` or ``fail``; the verdict is True where the rule is broken, False where it
    holds, None where the row is not judged. Columns that a row does not give are null, except for
    stage, year, vintage and standards, which fit the rule.
    """
    import duckdb

    judged = {}
    with duckdb.connect() as connection:
        build_empty(connection, catalogue)
        kinds = {
            frame: dict(connection.execute(
                f"select column_name, column_type from (describe frame_{frame})").fetchall())
            for frame in dict.fromkeys(rule.frame for rule in catalogue.rules)
        }  # fmt: skip
        for rule in catalogue.rules:
            rows = [(kind, row) for kind in ("pass", "fail") for row in rule.cases[kind]]
            verdicts = _judge_rows(connection, rule, [row for _, row in rows], kinds[rule.frame])
            pairs = zip(rows, verdicts, strict=True)
            judged[rule.rule_id] = [(kind, row, verdict) for (kind, row), verdict in pairs]
    return judged


def _judge_rows(
    connection, rule: Rule, rows: list[dict], kinds: dict[str, str]
) -> list[bool | None]:
    usual = {
        "stage": rule.stages[0],
        "school_year": rule.effective_from or rule.effective_to or 2023,
        "vintage": rule.vintages[0] if rule.vintages else "test",
        "standards": rule.standards[0] if rule.standards else "2017",
    }
    columns = [
        c for c in kinds if c in find_names(rule) or c in usual or any(c in row for row in rows)
    ]
    selects, values = [], []
    for number, row in enumerate(rows):
        given = {**usual, **row}
        made = ", ".join(f"cast(? as {kinds[c]}) as {c}" for c in columns)
        selects.append(f"select {number} as case_number, {made}")
        values += [given.get(column) for column in columns]
    found = connection.execute(
        f"select ({predicate_sql(rule)})::boolean from ({' union all '.join(selects)}) "
        f"order by case_number",
        values,
    )
    return [verdict for (verdict,) in found.fetchall()]
