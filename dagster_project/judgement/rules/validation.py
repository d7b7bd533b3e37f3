"""Everything that can be wrong with a catalogue, found before any data is judged by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dagster_project.census.schema import STAGES
from dagster_project.judgement.frames.build import build_empty
from dagster_project.judgement.frames.required_columns import find_fields_behind, find_names
from dagster_project.judgement.frames.returned import list_figures
from dagster_project.judgement.rules.catalogue import FRAMES, OWNERS, SEVERITIES, Catalogue, Rule
from dagster_project.judgement.rules.message import AT_FAULT, PLACEHOLDER
from dagster_project.judgement.rules.seeds import list_taintable
from dagster_project.judgement.scan import predicate_sql

_OR_ITEM = ", nor is it an item of its returns (census/dictionary/items.csv)"
_NOR = {
    "answer": _OR_ITEM,
    "school_answer": _OR_ITEM,
    "roster": ", nor is it a figure of rosters (judgement/frames/roster.csv)",
    "movement": ", nor is it movement_ with a kind of movement (census/maps/returns_choices.csv)",
}


def find_problems(catalogue: Catalogue) -> list[str]:
    """Every problem of the catalogue, a sentence each; empty if it can be used."""
    problems = _find_twice(catalogue)
    for rule in catalogue.rules:
        problems += [
            f"{rule.file}: {rule.rule_id}: {p}" for p in _find_rule_problems(rule, catalogue)
        ]
    if not any(rule.frame not in FRAMES for rule in catalogue.rules):
        problems += _find_unbound(catalogue)
    return problems


def _find_twice(catalogue: Catalogue) -> list[str]:
    counts = Counter(rule.rule_id for rule in catalogue.rules)
    return [
        f"The rule id {rule_id!r} is used {count} times; ids must be unique, for flags are known "
        "by them."
        for rule_id, count in counts.items()
        if count > 1
    ]


def _find_rule_problems(rule: Rule, catalogue: Catalogue) -> list[str]:
    problems = []
    for value, allowed, what in (
        (rule.severity, SEVERITIES, "severity"),
        (rule.frame, FRAMES, "frame"),
        (rule.owner, OWNERS, "owner"),
    ):
        if value not in allowed:
            problems.append(f"{what} is {value!r}; expected one of {', '.join(allowed)}.")
    problems += [
        f"field {name!r} is not in the dictionary (census/dictionary/fields.csv)"
        f"{_NOR.get(rule.frame, '')}."
        for name in rule.fields
        if name not in list_figures(rule.frame)
    ]
    if undeclared := sorted(find_fields_behind(rule, catalogue) - set(rule.fields)):
        problems.append(f"its SQL reads {', '.join(undeclared)}, which `fields` does not list.")
    problems += [f"taints the unknown indicator or item {i!r}." for i in rule.taints
                 if i not in list_taintable()]  # fmt: skip
    problems += [f"stage {s!r} is unknown; expected {STAGES}." for s in rule.stages
                 if s not in STAGES]  # fmt: skip
    if any(sign in rule.fails_when + rule.observed + rule.at_fault for sign in "{}%"):
        problems.append("its SQL holds { } or %, which query templates need for themselves.")
    for kind in ("pass", "fail"):
        if not rule.cases.get(kind):
            problems.append(f"it has no test row that must {kind}; give tests: {{{kind}: [...]}}.")
    if extra := set(rule.cases) - {"pass", "fail"}:
        problems.append(f"tests have the unknown key(s) {', '.join(map(str, extra))}.")
    first, last = rule.effective_from, rule.effective_to
    if first is not None and last is not None and first > last:
        problems.append("effective_from lies after effective_to.")
    return problems


def _find_unbound(catalogue: Catalogue) -> list[str]:
    """Rules whose SQL does not bind against their frame, or whose texts or tests name no column."""
    import duckdb

    problems = []
    with duckdb.connect() as connection:
        try:
            build_empty(connection, catalogue)
        except duckdb.Error as error:
            return [f"The frames cannot be built with measures.yml: {_first_line(error)}"]
        columns = {
            frame: {row[0] for row in connection.execute(f"describe frame_{frame}").fetchall()}
            for frame in dict.fromkeys(rule.frame for rule in catalogue.rules)
        }
        # One statement for all rules of a frame; where it does not bind, rule by rule.
        suspects = [
            f for f in columns if _find_misfit(connection, f, catalogue.of_frame(f)) is not None
        ]
        for rule in catalogue.rules:
            where = f"{rule.file}: {rule.rule_id}"
            frame = f"frame_{rule.frame}"
            misfit = (
                _find_misfit(connection, rule.frame, [rule]) if rule.frame in suspects else None
            )
            if misfit is not None:
                problems.append(f"{where}: its SQL does not fit {frame}: {misfit}")
            there = columns[rule.frame] | {"observed"} | ({AT_FAULT} if rule.at_fault else set())
            texts = {p[1] for t in (rule.message, rule.expected) for p in PLACEHOLDER.finditer(t)}
            tests = {str(name) for kind in ("pass", "fail") for row in rule.cases.get(kind) or []
                     for name in row}  # fmt: skip
            for names, what in ((texts, "its texts name"), (tests, "its test rows name")):
                if unknown := sorted(names - there):
                    problems.append(f"{where}: {what} {', '.join(unknown)}, not in {frame}.")
            stray = PLACEHOLDER.sub("", rule.message + rule.expected)
            if "{" in stray or "}" in stray:
                problems.append(f"{where}: a brace in its texts belongs to no placeholder.")
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
