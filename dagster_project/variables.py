"""Every environment variable that people set: its kind, its default, and what it means.

Settings, documentation and the example of deployment are made from this table or compared with it.
Variables by which parts of the product talk to each other (``JUNHENG_BUILD``, ``JUNHENG_LAKE`` …)
are nobody's to set and do not stand here.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dagster_project.messages import Message, in_a_row

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def parse_bytes(text: str) -> int | None:
    """Bytes of a size as DuckDB writes it (``2GB`` = 2·10⁹, ``2GiB`` = 2·2³⁰), if it is one."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", text, re.IGNORECASE)
    if found is None:
        return None
    number, unit, binary = found.groups()
    table = _BINARY if binary and unit else _UNITS
    return int(float(number) * table[unit.upper()])


@dataclass(frozen=True)
class Kind:
    """What a variable may hold: ``read`` gives its value or raises ``ValueError``.

    ``expected`` is the phrase that completes the sentence "write …", with ``values``.
    """

    read: Callable[[str], object]
    expected: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


def _whole(least: int) -> Kind:
    def read(text: str) -> int:
        number = int(text) if re.fullmatch(r"\s*[0-9]{1,9}\s*", text) else -1
        if number < least:
            raise ValueError(text)
        return number

    return Kind(read, "cli.whole_number_more", {"least": least})


def _read_seconds(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or number < 0:
        raise ValueError(text)
    return number


def _read_limit(text: str) -> float:
    number = _read_seconds(text)
    if number == 0:
        raise ValueError(text)
    return number


def _read_size(text: str) -> str:
    if not parse_bytes(text):
        raise ValueError(text)
    return text.strip()


def _read_share(text: str) -> float:
    number = _read_seconds(text)
    if number > 1:
        raise ValueError(text)
    return number


def _choice(*choices: str) -> Kind:
    def read(text: str) -> str:
        if text.strip() not in choices:
            raise ValueError(text)
        return text.strip()

    return Kind(read, "cli.nothing", {"choices": ", ".join(choices)})


def _read_import(text: str) -> str:
    if not re.fullmatch(r"\s*[\w.]+:\w+\s*", text):
        raise ValueError(text)
    return text.strip()


SECONDS = Kind(_read_seconds, "cli.number_seconds")
SHARE = Kind(_read_share, "cli.number_from_0_to_1")
LIMIT = Kind(_read_limit, "cli.number_seconds_more_than_0")
SIZE = Kind(_read_size, "cli.size_such_as_2gb")
IMPORT = Kind(_read_import, "cli.module_name_as_dagster_k8s")
TEXT = Kind(str)


@dataclass(frozen=True)
class Variable:
    """One variable; ``default`` is what an empty or missing one means, in its own spelling."""

    name: str
    kind: Kind
    default: str
    meaning: str


TABLE = (
    Variable("JUNHENG_RAW", TEXT, "raw", "folder of raw files"),
    Variable("JUNHENG_WAREHOUSE", TEXT, "warehouse", "folder of the warehouse"),
    Variable("JUNHENG_MEMORY_LIMIT", SIZE, "2GB", "memory that DuckDB may take"),
    Variable("JUNHENG_THREADS", _whole(1), "", "threads that compute (the machine's cores)"),
    Variable("JUNHENG_WORKERS", _whole(1), "", "files read at once (the machine's cores)"),
    Variable("JUNHENG_FILE_SECONDS", LIMIT, "600", "longest that one file is read"),
    Variable("JUNHENG_FILE_MEMORY", SIZE, "3GB", "most memory that reading one file takes"),
    Variable("JUNHENG_DOCUMENT_SECONDS", LIMIT, "60", "longest that a document of an own template"
             " is written"),
    Variable("JUNHENG_KEEP_VERSIONS", _whole(1), "3", "published versions that are kept"),
    Variable("JUNHENG_READER_SECONDS", SECONDS, "60", "how long a version that was in force stays"
             " at least, for those who are about to open it"),
    Variable("JUNHENG_KEEP_RUNS", _whole(1), "50", "journals and accounts of runs that are kept"),
    Variable("JUNHENG_REPORT_COUNTIES", _whole(0), "100", "most counties and years whose reports a"
             " load writes"),
    Variable("JUNHENG_COVERAGE", SHARE, "0.9", "share of a region's counties from which on they"
             " speak for it and are ranked"),
    Variable("JUNHENG_TEMPLATES", TEXT, "", "a province's own report templates (raw/templates)"),
    Variable("JUNHENG_CACHE", TEXT, "", "what can be made again from the project's own files"
             " (~/.cache/junheng)"),
    Variable("JUNHENG_DBT", _choice("stock"), "", "stock: models are built by stock dagster-dbt,"
             " which takes longer and gives the same"),
    Variable("JUNHENG_VALIDATION", _choice("on", "off"), "on", "off: Great Expectations does not"
             " repeat the judgement, and warehouse/quality gets no pages of it"),
    Variable("JUNHENG_LANG", _choice("en", "zh"), "", "language of the command line (the"
             " locale's)"),
    Variable("JUNHENG_LOG", _choice("json", "text"), "", "the journal of every run to stderr as"
             " well"),
    Variable("JUNHENG_TRACEBACK", _choice("0", "1"), "", "1: Python's own words where a load"
             " fails"),
    Variable("JUNHENG_UNATTENDED", _choice("0", "1"), "", "1: schedules and sensor run as soon as"
             " the daemon does"),
    Variable("JUNHENG_EXECUTOR", IMPORT, "", "executor of the job fanned_out (module:name)"),
    Variable("JUNHENG_DAGSTER_STORAGE", TEXT, "", "PostgreSQL for Dagster's memory (SQLite)"),
    Variable("JUNHENG_WEBHOOK", TEXT, "", "address that is told of failed runs and new impossible"
             " figures"),
    Variable("JUNHENG_MAIL_SERVER", TEXT, "", "mail server for the same notices"),
    Variable("JUNHENG_MAIL_TO", TEXT, "", "who gets them, several between commas"),
    Variable("JUNHENG_MAIL_FROM", TEXT, "", "who they come from"),
    Variable("JUNHENG_SPARK_CATALOG", _choice("in-memory", "hive"), "", "catalogue of Spark's"
             " tables (in-memory)"),
    Variable("JUNHENG_TEMP_LIMIT", SIZE, "50GB", "most disk that computing may spill to"),
)  # fmt: skip
_BY_NAME = {variable.name: variable for variable in TABLE}


@dataclass(frozen=True)
class Problem:
    """A variable that holds what it cannot hold. Only its own kind of value is repeated."""

    name: str
    value: str
    kind: Kind

    @property
    def message(self) -> Message:
        """What is wrong, and what to write instead."""
        expected = Message(self.kind.expected, dict(self.kind.values))
        return Message("cli.write", {"name": self.name, "value": self.value, "expected": expected})


class SettingsInvalid(ValueError):
    """Variables that cannot be used, each with what to write instead."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        self.message = in_a_row(problem.message for problem in self.problems)
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message.text()


def default_of(name: str) -> str:
    """What an empty or missing variable means."""
    return _BY_NAME[name].default


def value(name: str, environment: Mapping[str, str] = os.environ) -> Any:
    """What a variable says, or its default; ``""`` where both are empty.

    Raises :class:`SettingsInvalid`.
    """
    variable = _BY_NAME[name]
    text = environment.get(name) or variable.default
    try:
        return variable.kind.read(text) if text else ""
    except ValueError:
        raise SettingsInvalid([Problem(name, text, variable.kind)]) from None


def values(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """What every variable says, of its own kind; :class:`SettingsInvalid` with all faults."""
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in _BY_NAME:
        try:
            found[name] = value(name, environment)
        except SettingsInvalid as invalid:
            problems += invalid.problems
    if problems:
        raise SettingsInvalid(problems)
    return found
