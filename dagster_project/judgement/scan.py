"""How many rows break each rule, and which: one scan of each frame for all of its rules.

The first scan counts. The second yields, for every row, the numbers of the rules it breaks; only
rows that break something are looked at again, for their figures. A rule whose SQL raises is set
aside as a broken rule and the rest are judged without it: it says nothing about the data, neither
good nor bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dagster_project.judgement.frames.columns import KEYS, PARTS_OF_THE_KEY
from dagster_project.judgement.frames.required_columns import find_names
from dagster_project.judgement.rules.catalogue import COMPULSORY, OTHER_DATA, Catalogue, Rule

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MOST_ERROR = 500  # characters of DuckDB's message that are kept

# Errors of the machine or the operator, not of a rule's SQL.
_NOT_THE_RULE = ("OutOfMemoryException", "InterruptException", "IOException", "FatalException",
                 "ConnectionException", "InternalException")  # fmt: skip

# Frames whose rows are of no stage, or of one that nobody could read.
WITHOUT_STAGE = ("file", "entry", "answer", *OTHER_DATA)

# Columns by which a frame gives the cell of a row, and what the row taints.
_GIVEN_BY_THE_FRAME = {"cell", "taints"}

# The order of a rule's rows.
_ORDER = "school_year, term, county_code, school_id, stage, sha256, source_row"


@dataclass(frozen=True)
class Counted:
    """What was found for a rule: ``found`` rows break it, or ``error`` kept it from judging."""

    found: int | None
    error: str | None = None


@dataclass(frozen=True)
class BrokenRule:
    """A rule that could not be evaluated, and what DuckDB said about it."""

    rule_id: str
    error: str


@dataclass(frozen=True)
class Verdict:
    """The outcome of judging.

    ``violations`` has one row per rule and row that breaks it: ``rule_id``, ``frame``, the keys
    (:data:`~.frames.columns.KEYS`, null where the frame has no such key) and
    ``figures``, a JSON object of the columns the rule mentions, with ``observed`` among them.
    ``judged`` are the ids of the rules that were evaluated without an error.
    """

    violations: pa.Table
    broken: tuple[BrokenRule, ...]
    judged: tuple[str, ...]


def predicate_sql(rule: Rule) -> str:
    """The rule as one SQL boolean over its frame: true means the row breaks it, null not judged.

    Its stages, years, vintages and standards are part of it. The text holds neither braces nor
    percent signs, so that it can stand in a query template.
    """
    parts = []
    stage = f"stage in ({_quoted(rule.stages)})"
    if rule.frame == "school_answer" and set(rule.stages) == set(COMPULSORY):
        parts.append(f"(stage is null or {stage})")  # what was answered for the whole school
    elif rule.frame not in WITHOUT_STAGE:
        parts.append(stage)
    if rule.effective_from is not None:
        parts.append(f"school_year >= {int(rule.effective_from)}")
    if rule.effective_to is not None:
        parts.append(f"school_year <= {int(rule.effective_to)}")
    if rule.vintages:
        parts.append(f"vintage in ({_quoted(rule.vintages)})")
    if rule.standards:
        one_of = " or ".join(
            f"list_contains(string_split(standards, ','), {_quoted([s])})" for s in rule.standards
        )
        parts.append(f"({one_of})")
    return " and ".join([*parts, f"({rule.fails_when})"])


def rows_about(
    connection: duckdb.DuckDBPyConnection, rule: Rule, subjects: pa.Table
) -> list[tuple[int, str]]:
    """Rows of the rule's frame that are about ``subjects``, broken or not.

    ``subjects`` has columns of the frame; a row is about a subject if it agrees with it in all of
    them. Returns pairs of the subject's number and the figures, as in ``Verdict.violations``, by
    number. Raises ``duckdb.Error`` if the rule breaks.
    """
    import pyarrow as pa

    frame = f"frame_{rule.frame}"
    names = [f"subject_{name}" for name in subjects.column_names]
    numbers = pa.array(range(subjects.num_rows), pa.int64())
    numbered = subjects.rename_columns(names).append_column("subject_number", numbers)
    same = " and ".join(
        f"{frame}.{name} is not distinct from subject_{name}" for name in subjects.column_names
    )
    connection.register("subject", numbered)
    try:
        return connection.execute(
            f"select subject_number, {_figures(connection, rule)} from {frame} "
            f"join subject on {same} order by subject_number, {_ORDER}"
        ).fetchall()
    finally:
        connection.unregister("subject")


def count(connection: duckdb.DuckDBPyConnection, rules: Iterable[Rule]) -> dict[str, Counted]:
    """How many rows of the frames in ``connection`` break each of ``rules``, by their ids.

    Raises ``duckdb.Error`` where no rule is to blame.
    """
    by_frame: dict[str, list[Rule]] = {}
    for rule in rules:
        by_frame.setdefault(rule.frame, []).append(rule)
    found: dict[str, Counted] = {}
    for frame, of_frame in by_frame.items():
        found |= _counts(connection, frame, of_frame)
    return found


def evaluate(
    connection: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    rule_ids: Iterable[str] | None = None,
) -> Verdict:
    """Judge the frames in ``connection`` (see :func:`~.frames.build`) by the catalogue's rules.

    ``rule_ids`` limits it to some rules. Raises ``duckdb.Error`` where no rule is to blame.
    """
    import pyarrow as pa

    chosen = None if rule_ids is None else set(rule_ids)
    tables: list[pa.Table] = []
    broken: list[BrokenRule] = []
    judged: list[str] = []
    for frame in dict.fromkeys(rule.frame for rule in catalogue.rules):
        rules = [r for r in catalogue.of_frame(frame) if chosen is None or r.rule_id in chosen]
        for sound in _scans(connection, frame, rules, broken):
            judged += [rule.rule_id for rule in sound]
            tables += _failures(connection, frame, sound, broken)
    faulty = {item.rule_id for item in broken}
    schema = violations_schema()
    violations = pa.concat_tables([schema.empty_table(), *tables])
    return Verdict(violations, tuple(broken), tuple(r for r in judged if r not in faulty))


def violations_schema() -> pa.Schema:
    """Schema of :attr:`Verdict.violations`."""
    import pyarrow as pa

    kinds = {"school_year": pa.int32(), "source_row": pa.int32()}
    return pa.schema(
        [
            pa.field("rule_id", pa.string()),
            pa.field("frame", pa.string()),
            *(pa.field(key, kinds.get(key, pa.string())) for key in KEYS),
            pa.field("figures", pa.string()),
        ]
    )


def _quoted(values: Iterable[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _is_the_rules_fault(error: Exception) -> bool:
    return type(error).__name__ not in _NOT_THE_RULE


def _counts(
    connection: duckdb.DuckDBPyConnection, frame: str, rules: Sequence[Rule]
) -> dict[str, Counted]:
    """One scan for all; where that raises, halves, until the rules to blame stand alone."""
    import duckdb

    counts = ", ".join(f"count(*) filter (where {predicate_sql(rule)})" for rule in rules)
    try:
        (found,) = connection.execute(f"select {counts} from frame_{frame}").fetchall()
        return {rule.rule_id: Counted(int(n)) for rule, n in zip(rules, found, strict=True)}
    except duckdb.Error as error:
        if not _is_the_rules_fault(error):
            raise
        if len(rules) == 1:
            return {rules[0].rule_id: Counted(None, str(error).strip()[:MOST_ERROR])}
    middle = len(rules) // 2
    first, second = rules[:middle], rules[middle:]
    return _counts(connection, frame, first) | _counts(connection, frame, second)


def _scans(
    connection: duckdb.DuckDBPyConnection,
    frame: str,
    rules: Sequence[Rule],
    broken: list[BrokenRule],
) -> Iterable[Sequence[Rule]]:
    """Scan for ``rules``; where that raises, halve them until the ones to blame stand alone.

    Yields the rules of each scan that went through, while its table ``failing`` is in place.
    """
    import duckdb

    if not rules:
        return
    marks = ", ".join(f"case when {predicate_sql(r)} then {i} end" for i, r in enumerate(rules))
    try:
        connection.execute(
            f"create or replace temp table failing as "
            f"select row_id, unnest(marks) as mark from ("
            f"select rowid as row_id, list_distinct([{marks}]::integer[]) as marks "
            f"from frame_{frame}) where len(marks) > 0"
        )
    except duckdb.Error as error:
        if not _is_the_rules_fault(error):
            raise
        if len(rules) == 1:
            broken.append(BrokenRule(rules[0].rule_id, str(error)))
            return
        middle = len(rules) // 2
        yield from _scans(connection, frame, rules[:middle], broken)
        yield from _scans(connection, frame, rules[middle:], broken)
        return
    yield rules


def _failures(
    connection: duckdb.DuckDBPyConnection,
    frame: str,
    rules: Sequence[Rule],
    broken: list[BrokenRule],
) -> list[pa.Table]:
    import duckdb

    tables = []
    marks = connection.execute("select distinct mark from failing order by mark").fetchall()
    for (mark,) in marks:
        rows = f"frame_{frame} semi join (select row_id from failing where mark = {mark}) as f " \
               f"on frame_{frame}.rowid = f.row_id"  # fmt: skip
        try:
            tables.append(_arrow(connection, _violations_sql(connection, rules[mark], rows)))
        except duckdb.Error as error:
            if not _is_the_rules_fault(error):
                raise
            broken.append(BrokenRule(rules[mark].rule_id, str(error)))
    return tables


def _violations_sql(connection: duckdb.DuckDBPyConnection, rule: Rule, rows: str) -> str:
    keys = [f"{key}::integer as {key}" if key in ("school_year", "source_row") else
            f"{key}::varchar as {key}" for key in KEYS]  # fmt: skip
    return (
        f"select {_quoted([rule.rule_id])} as rule_id, '{rule.frame}' as frame, {', '.join(keys)}, "
        f"{_figures(connection, rule)} as figures from {rows} order by {_ORDER}"
    )


def _figures(connection: duckdb.DuckDBPyConnection, rule: Rule) -> str:
    """SQL of the JSON object of the columns that the rule mentions, ``observed`` among them."""
    there = [row[0] for row in connection.execute(f"describe frame_{rule.frame}").fetchall()]
    if rule.at_fault:
        said = f"observed := ({rule.observed}), at_fault := ({rule.at_fault})"
        return f"to_json(struct_pack({said}))::varchar"
    mentioned = find_names(rule) | set(rule.fields) | _GIVEN_BY_THE_FRAME | set(PARTS_OF_THE_KEY)
    # A status that tells whether a figure counts as none says nothing that the figure does not.
    mentioned -= {n for n in mentioned if n.endswith("__status") and n != rule.observed}
    figures = [f"{name} := {name}" for name in there if name in mentioned and name not in KEYS]
    packed = ", ".join([f"observed := ({rule.observed})", *figures])
    return f"to_json(struct_pack({packed}))::varchar"


def _arrow(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    return connection.sql(sql).to_arrow_table().cast(violations_schema())
