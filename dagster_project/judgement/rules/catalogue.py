"""The rule catalogue: YAML entries below ``expectations/`` as typed rules.

One file judges one kind of thing; ``expectations/README.md`` describes the keys of an entry. A
family of like rules is written once with a ``for_each`` table: every row of it becomes a rule of
its own, with its own id and its own test cases. ``${name}`` stands for the row's value and
``${name.zh}``, ``${name.sum}`` … for words and SQL about the field or fields that the value names
(:mod:`.aspects`). A field of the dictionary may be named without a row
that does: ``${classes.none}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field
from dataclasses import fields as attributes
from pathlib import Path
from typing import Any

from dagster_project.census.schema import fields as dictionary
from dagster_project.judgement.frames.returned import RETURN_FRAMES
from dagster_project.judgement.rules.aspects import ASPECTS, fill_aspect, list_items
from dagster_project.messages import Message, MessageError, lines
from dagster_project.project import EXPECTATIONS

ENTRY = "entry"  # rows and cells that readers set aside
OTHER_DATA = ("measure", "project")  # entries of other data, building projects
FRAMES = ("section", "school", "county", "file", "cohort", ENTRY, *RETURN_FRAMES, *OTHER_DATA)
COMPULSORY = ("primary", "junior")
SEVERITIES = ("hard", "soft")
OWNERS = ("school", "county", "province")
GROUPS = ("file", "record", "cross_form", "cross_stage", "cross_year", "county", "returns")

_PLACE = re.compile(rf"\$\{{(\w+)(?:\.({'|'.join(ASPECTS)}))?\}}")


class CatalogueInvalid(MessageError):
    """The catalogue cannot be used; ``problems`` says everything that is wrong, a sentence each."""

    def __init__(self, problems: Iterable[Message]) -> None:
        self.problems = tuple(problems)
        super().__init__("rules.invalid", count=len(self.problems), problems=lines(self.problems))

    def __reduce__(self) -> tuple[type[CatalogueInvalid], tuple[tuple[Message, ...]]]:
        return CatalogueInvalid, (self.problems,)  # as it comes from the process that judges


@dataclass(frozen=True)
class Rule:
    """One rule: what it judges, when a row breaks it, and what is then said to whom.

    ``fails_when`` is a SQL boolean over the columns of ``frame``; NULL means not judged. ``fields``
    are canonical ids, the one to look at first comes first. ``at_fault`` is SQL that names those of
    them that break the rule in this row (``pupils=-3,classes=-1``); without it all do. ``cases``
    are the rule's own test rows: ``pass`` and ``fail``, each a list of column → value.
    """

    rule_id: str
    group: str
    title_zh: str
    title_en: str
    severity: str
    frame: str
    fields: tuple[str, ...]
    fails_when: str
    observed: str
    expected: str
    message: str
    meaning: str
    when: str
    resolve: str
    owner: str
    source: str
    cases: Mapping[str, list[dict]]
    file: str
    taints: tuple[str, ...] = ()
    stages: tuple[str, ...] = COMPULSORY
    standards: tuple[str, ...] = ()
    vintages: tuple[str, ...] = ()
    effective_from: int | None = None
    effective_to: int | None = None
    at_fault: str = ""


@dataclass(frozen=True)
class Measure:
    """A ratio that rules compare with peers and with last year, as SQL over section columns."""

    name: str
    name_zh: str
    sql: str
    unit: str


@dataclass(frozen=True)
class Catalogue:
    """Everything below ``expectations/``.

    ``fingerprints`` names groups of fields in which two schools do not agree by chance.
    """

    rules: tuple[Rule, ...]
    measures: Mapping[str, Measure] = field(default_factory=dict)
    fingerprints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rule(self, rule_id: str) -> Rule:
        """The rule with this id; ``KeyError`` if there is none."""
        return (
            next(r for r in self.rules if r.rule_id == rule_id)
            if rule_id in self
            else _refuse(rule_id)
        )

    def __contains__(self, rule_id: object) -> bool:
        return any(rule.rule_id == rule_id for rule in self.rules)

    def of_frame(self, frame: str) -> tuple[Rule, ...]:
        """The rules written against ``frame``, in catalogue order."""
        return tuple(rule for rule in self.rules if rule.frame == frame)


def _refuse(rule_id: str) -> Rule:
    raise KeyError(f"There is no rule {rule_id!r} in the catalogue.")


def default_folder() -> Path:
    """``expectations/`` beside the package, where the project keeps its catalogue."""
    return EXPECTATIONS


def load(folder: Path | None = None) -> Catalogue:
    """The catalogue in ``folder``, validated as a whole.

    Raises :class:`CatalogueInvalid` with every problem at once: texts that are missing, names that
    the dictionary or the frame does not have, SQL that does not bind, rules without test cases.
    """
    from dagster_project.judgement.rules.validation import find_problems

    catalogue, problems = parse(folder or default_folder())
    problems += find_problems(catalogue)
    if problems:
        raise CatalogueInvalid(problems)
    return catalogue


def parse(folder: Path) -> tuple[Catalogue, list[Message]]:
    """What ``folder`` says, with the entries that could not be understood as sentences."""
    problems: list[Message] = []
    rules: list[Rule] = []
    for path in sorted((folder / "rules").glob("*.yml")):
        rules += _read_rules(path, problems)
    if not rules and not problems:
        problems.append(Message("rules.no_rules", {"folder": folder.name}))
    measures, fingerprints = {}, {}
    measure_file = folder / "measures.yml"
    if measure_file.exists():
        content = _read_yaml(measure_file, problems)
        for name, entry in content.get("measures", {}).items():
            measures[name] = Measure(name, entry["name_zh"], entry["sql"], entry.get("unit", ""))
        fingerprints = {k: tuple(v) for k, v in content.get("fingerprints", {}).items()}
    return Catalogue(tuple(rules), measures, fingerprints), problems


def of_rule(file: str, rule_id: str, trouble: Message) -> Message:
    """What is wrong with one rule, behind its file and id."""
    return Message("rules.of_rule", {"file": file, "rule": rule_id, "trouble": trouble})


def _read_yaml(path: Path, problems: list[Message]) -> dict:
    import yaml

    try:
        content = yaml.load(
            path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except yaml.YAMLError as error:
        problems.append(Message("rules.no_yaml", {"file": path.name, "said": str(error)}))
        return {}
    if not isinstance(content, dict):
        problems.append(Message("rules.no_mapping", {"file": path.name}))
        return {}
    return content


def _read_rules(path: Path, problems: list[Message]) -> list[Rule]:
    content = _read_yaml(path, problems)
    group = next((g for g in GROUPS if path.stem == g or path.stem.startswith(f"{g}_")), None)
    if group is None:
        problems.append(Message("rules.no_group", {"file": path.name, "groups": GROUPS}))
        return []
    defaults = content.get("defaults") or {}
    rules = []
    for number, entry in enumerate(content.get("rules") or [], 1):
        if not isinstance(entry, dict) or "id" not in entry:
            problems.append(Message("rules.no_id", {"file": path.name, "number": number}))
            continue
        for expanded in _expand({**defaults, **entry}, path.name, problems):
            rule = _make_rule(expanded, group, path.name, problems)
            rules += [rule] if rule else []
    return rules


def _expand(entry: dict, file: str, problems: list[Message]) -> list[dict]:
    """The entry itself, or one entry per row of its ``for_each`` table."""
    rows = entry.pop("for_each", [{}])
    known = {a.name for a in attributes(Rule)}
    expanded = []
    for row in ({key: _listed(value) for key, value in row.items()} for row in rows):
        own = {key: value for key, value in row.items() if key in known}
        try:
            expanded.append(_substitute({**entry, **own}, row))
        except KeyError as error:
            told = Message("rules.no_usable_value", {"row": str(row), "name": str(error)})
            problems.append(of_rule(file, entry["id"], told))
    return expanded


def _listed(value: object) -> object:
    """``{scope: section, kind: count, except: [pupils]}`` as the fields it says."""
    if not isinstance(value, dict) or "scope" not in value:
        return value
    return [
        name
        for name, entry in dictionary().items()
        if entry.scope == value["scope"]
        and entry.kind == value.get("kind", entry.kind)
        and name not in value.get("except", ())
    ]


def _substitute(value: Any, row: Mapping[str, Any]) -> Any:
    """``value`` with the row's values put in, down through lists and mappings.

    A value that is a list of fields spreads: in a list to its items, as a key to a key per item.
    """
    if isinstance(value, dict):
        spread: dict[Any, Any] = {}
        for key, inner in value.items():
            keys = _substitute(key, row)
            spread |= dict.fromkeys(keys if isinstance(keys, list) else [keys],
                                    _substitute(inner, row))  # fmt: skip
        return spread
    if isinstance(value, list):
        items = [_substitute(item, row) for item in value]
        return [part for item in items for part in (item if isinstance(item, list) else [item])]
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value)
    if whole and whole[2] in (None, "count", "status"):
        return list_items(row[whole[1]], whole[2])
    return _PLACE.sub(lambda place: fill_aspect(_named(row, place[1]), place[2]), value)


def _named(row: Mapping[str, object], name: str) -> object:
    """The row's value of this name; a field of the dictionary needs no row to name it."""
    return name if name not in row and name in dictionary() else row[name]


def _make_rule(entry: dict, group: str, file: str, problems: list[Message]) -> Rule | None:
    entry = dict(entry)
    entry["rule_id"] = entry.pop("id")
    entry["cases"] = entry.pop("tests", None) or {}
    known = {a.name: a for a in attributes(Rule)}
    unknown = sorted(set(entry) - set(known))
    if unknown:
        told = Message("rules.unknown_keys", {"keys": unknown})
        problems.append(of_rule(file, entry["rule_id"], told))
    given = {"group", "file"}
    needed = [n for n, a in known.items() if a.default is MISSING and n not in given]
    missing = [n for n in needed if n not in entry or entry[n] in (None, "")]
    if missing:
        told = Message("rules.missing_keys", {"keys": missing})
        problems.append(of_rule(file, entry["rule_id"], told))
    if unknown or missing:
        return None
    for name in ("fields", "taints", "stages", "standards", "vintages"):
        if name in entry:
            entry[name] = tuple(str(item) for item in entry[name] or ())
    texts = ("fails_when", "observed", "message", "meaning", "when", "resolve", "expected")
    for name in (*texts, "at_fault"):
        entry[name] = " ".join(str(entry.get(name, "")).split())
    entry["source"] = str(entry["source"])
    return Rule(group=group, file=file, **entry)
