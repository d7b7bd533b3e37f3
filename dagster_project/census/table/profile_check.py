"""Checking a profile's yaml: everything that is wrong with it at once, in sentences."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from dagster_project.census import figures, schema
from dagster_project.census.opening import strict_yaml
from dagster_project.census.opening.number_marks import NumberMarks
from dagster_project.census.place import TERMS
from dagster_project.census.table.checker import Checker
from dagster_project.census.table.code_table import Beside, nothing_beside
from dagster_project.census.table.profile_model import (
    NONE,
    BrokenProfile,
    Figures,
    Profile,
    RowRule,
    Value,
    Vintage,
    Year,
    header_key,
)
from dagster_project.messages import Message

TEXT_ATTRIBUTES = tuple(f"{name}_code" for name in schema.CODED)
LABEL_ATTRIBUTES = tuple(schema.label_column(name) for name in schema.CODED)
BOOLEAN_ATTRIBUTES = ("is_counted", "is_new", "was_closed")
TOKEN_STATUSES = (figures.BLANK, figures.NOT_APPLICABLE, figures.UNDEFINED, NONE)
_REQUIRED = ("profile", "recognise", "standards", "school_id", "county_code")
_KEYS = (
    *_REQUIRED,
    *("stage", "fields", "stages", "decimal", "thousands", "skip_rows", "keep_rows"),
    *(
        "title",
        "encoding",
        "separator",
        "sheet",
        "header_rows",
        "school_year",
        "term",
        "school_name",
        "county_name",
    ),
    *("attributes", "values", "units", "ignored", "vintages", "several_rows", "nation"),
)
_VALUE_KEYS = (
    "column",
    "joined",
    "between",
    "cut",
    "prefix",
    "constant",
    "values",
    "match",
    "otherwise",
    "width",
    "same_as",
    "known",
    "table",
)
MOST_OF_A_NAME = 40  # characters of what the top of a source's regions is called
LARGEST_FACTOR = 10**9  # 亿 and thousands of millions; what goes beyond is no unit
_FIGURE_KEYS = ("columns", "minus", "times", "where", "factor", "from", "to", "vintages")
_FACTORS = ("百", "千", "万", "萬", "亿", "億", "%", "‰", "k", "K", "M")


def parse_profile(
    data: bytes, path: str, *, is_user: bool, beside: Beside = nothing_beside
) -> Profile | BrokenProfile:
    """Read and check the yaml text ``data``; ``path`` names it in sentences.

    ``beside`` gives the bytes of the csv files that lie beside it, by their names.
    """
    try:
        content = strict_yaml.read(data)
    except strict_yaml.YamlInvalid as error:
        return BrokenProfile(path, (error.message,))
    checker = _Checker(strict_yaml.lines_of(data), beside)
    profile = checker.profile(content, path, is_user)
    if profile is None or checker.problems:
        return BrokenProfile(path, tuple(checker.in_order()))
    return profile


class _Checker(Checker):
    """Turns yaml into a :class:`Profile` and gathers what is wrong with it."""

    def profile(self, content: dict, path: str, is_user: bool) -> Profile | None:
        self.keys(content, _KEYS, Message("profile.the_profile"))
        for key in _REQUIRED:
            if content.get(key) in (None, "", [], {}):
                self.note("profile.key_missing", key=key)
        recognise = self.map(content.get("recognise"), "recognise", ["columns", "file_name"])
        columns = self.columns(recognise.get("columns"), "recognise.columns")
        if recognise and not columns:
            self.note("profile.recognise_columns")
        vintages = self.vintages(content.get("vintages"))
        stage = self.value(content.get("stage"), "stage")
        self.outcomes(stage, (*schema.STAGES, None), "stage")
        known_vintages = {v.vintage_id for v in vintages}
        several_rows = self.several_rows(content.get("several_rows"))
        stage_fields = self.stages(content, known_vintages, several_rows)
        term = self.value(content.get("term"), "term")
        self.outcomes(term, TERMS, "term")
        header_rows = self.header_rows(content.get("header_rows", [1]))
        standards = self.texts(content.get("standards"), "standards")
        school_id = self.key(content.get("school_id"), "school_id")
        if content.get("school_id") and not (school_id.columns or school_id.joined):
            self.note("profile.school_id")
        return Profile(
            profile_id=str(content.get("profile")),
            path=path,
            is_user=is_user,
            recognise=columns,
            file_name=self.pattern(recognise.get("file_name"), "recognise.file_name"),
            encoding=self.encoding(content.get("encoding")),
            separator=self.separator(content.get("separator")),
            sheet=next(iter(self.texts(content.get("sheet"), "sheet")), None),
            header_rows=tuple(header_rows),
            school_year=self.year(content.get("school_year")),
            term=term,
            stage=stage or Value(),
            standards=",".join(standards),
            school_id=school_id,
            school_name=self.value(content.get("school_name"), "school_name"),
            county_code=self.key(content.get("county_code"), "county_code"),
            county_name=self.value(content.get("county_name"), "county_name"),
            attributes=self.attributes(content.get("attributes")),
            fields=self.fields(content.get("fields"), known_vintages, "fields", several_rows),
            column_tokens=self.column_tokens(content.get("values")),
            several_rows=several_rows,
            nation=self.nation(content.get("nation")),
            stage_fields=stage_fields,
            tokens=self.tokens(content.get("values")),
            marks=self.marks(content),
            units=self.units(content.get("units")),
            skip_rows=self.row_rules(content.get("skip_rows"), "skip_rows"),
            keep_rows=self.row_rules(content.get("keep_rows"), "keep_rows"),
            ignored=self.columns(content.get("ignored"), "ignored"),
            vintages=vintages,
        )

    def year(self, content: object) -> Year:
        allowed = ["column", "file_name", "title", "add", "constant", "calendar", "several"]
        content = self.map(content, "school_year", allowed)
        pattern = self.pattern(content.get("file_name"), "school_year.file_name")
        title = self.pattern(content.get("title"), "school_year.title")
        for name, text in (("file_name", pattern), ("title", title)):
            if text and re.compile(text).groups != 1:
                self.note("profile.year_group", where=f"school_year.{name}")
        for name in ("calendar", "several"):
            if not isinstance(content.get(name, False), bool):
                self.note("profile.no_yes_no", where=f"school_year.{name}")
        column = self.columns(content.get("column"), "school_year.column")
        return Year(
            column[0] if column else None,
            pattern,
            self.number(content.get("add"), "school_year.add") or 0,
            self.number(content.get("constant"), "school_year.constant"),
            title,
            content.get("calendar") is True,
            content.get("several"),
        )

    def nation(self, content: object) -> str | None:
        name = next(iter(self.texts(content, "nation")), None)
        if name is not None and not (name.strip() and len(name) <= MOST_OF_A_NAME):
            self.note("profile.nation", key="nation", most=MOST_OF_A_NAME)
            return None
        return name

    def header_rows(self, content: object) -> list[int]:
        rows = [content] if isinstance(content, int) else content
        if (
            isinstance(rows, list)
            and rows
            and all(isinstance(n, int) and n > 0 for n in rows)
            and rows == sorted(rows)
        ):
            return rows
        self.note("profile.header_rows", key="header_rows")
        return [1]

    def several_rows(self, content: object) -> tuple[str, ...] | None:
        """Whether a school has several rows, and the columns that tell them apart."""
        if content is None or content == "sum":
            return None if content is None else ()
        by = self.columns(self.map(content, "several_rows", ["by"]).get("by"), "several_rows.by")
        if not by:
            self.note("profile.several_rows", key="several_rows")
        return by

    def value(self, content: object, where: str) -> Value | None:
        if content is None:
            return None
        if where in ("stage", "term") and isinstance(content, str):
            return Value(constant=content)
        if isinstance(content, str):
            content = {"column": content}
        content = self.map(content, where, _VALUE_KEYS)
        columns = self.columns(content.get("column"), f"{where}.column")
        joined = self.columns(content.get("joined"), f"{where}.joined")
        if [bool(columns), bool(joined), "constant" in content].count(True) != 1:
            self.note("profile.value_from_where", where=where)
        for key in ("values", "match", "same_as"):
            if not isinstance(content.get(key, {}), dict):
                self.note("profile.part_no_map", where=where, key=key)
                content = {**content, key: {}}
            for old in content.get(key, {}):
                if not isinstance(old, str):
                    self.note("profile.key_without_quotes", where=where, key=key, old=old)
        self.texts(list(content.get("same_as", {}).values()), f"{where}.same_as")
        match = content.get("match", {})
        for pattern in match:
            self.pattern(pattern, f"{where}.match")
        values = {figures.clean_text(k): v for k, v in content.get("values", {}).items()}
        return Value(
            columns=columns,
            constant=content.get("constant"),
            values=values or None,
            match=tuple((str(k), v) for k, v in match.items()),
            otherwise=content.get("otherwise"),
            has_otherwise="otherwise" in content,
            width=self.number(content.get("width"), f"{where}.width") or 0,
            cut=self.number(content.get("cut"), f"{where}.cut") or 0,
            joined=joined,
            prefix=next(iter(self.texts(content.get("prefix"), f"{where}.prefix")), ""),
            between=str(content.get("between", "-")),
            same_as=content.get("same_as"),
            known=frozenset(self.texts(content.get("known"), f"{where}.known")),
            table=self.code_table(content.get("table"), f"{where}.table"),
        )

    def key(self, content: object, where: str) -> Value:
        return self.value(content, where) or Value()

    def outcomes(self, value: Value | None, allowed: tuple, where: str) -> None:
        """The values a closed key can take must be among ``allowed``."""
        if value is None:
            return
        found = list((value.values or {}).values()) + [v for _, v in value.match]
        found += [value.constant] if not value.columns else []
        found += [value.otherwise] if value.has_otherwise else []
        if value.columns and not (value.values or value.match or value.table):
            self.note("profile.needs_values", where=where)
        found += [line.result for line in value.table]
        for outcome in found:
            if outcome not in allowed:
                names = [str(a) for a in allowed if a]
                self.note("profile.cannot_be", where=where, outcome=outcome, names=names)

    def attributes(self, content: object) -> dict[str, Value]:
        content = self.map(
            content, "attributes", (*TEXT_ATTRIBUTES, *LABEL_ATTRIBUTES, *BOOLEAN_ATTRIBUTES)
        )
        found = {k: self.value(v, f"attributes.{k}") for k, v in content.items()}
        for name in BOOLEAN_ATTRIBUTES:
            if (value := found.get(name)) and (value.values or not value.columns):
                self.outcomes(value, (True, False, None), f"attributes.{name}")
        return {k: v for k, v in found.items() if v}

    def stages(self, content: dict, vintages: set[str], by: tuple[str, ...] | None) -> dict:
        """The fields of each stage where one row makes several sections."""
        given = self.map(content.get("stages"), "stages", schema.STAGES)
        if bool(given) == (content.get("stage") is not None):
            self.note("profile.stage_once")
        if not given and not content.get("fields"):
            self.note("profile.key_missing", key="fields")
        return {
            stage: self.fields(fields, vintages, f"stages.{stage}", by)
            for stage, fields in given.items()
        }

    def marks(self, content: dict) -> NumberMarks | None:
        """The marks of decimals and thousands; one of them says the other."""
        decimal, thousands = content.get("decimal"), content.get("thousands")
        if decimal is None and thousands is None:
            return None
        if decimal is None:
            decimal = "," if thousands == "." else "."
        if thousands is None:
            thousands = "." if decimal == "," else ","
        if (
            decimal not in (".", ",")
            or thousands not in (".", ",", " ", "'")
            or decimal == thousands
        ):
            self.note("profile.marks", decimal=decimal, thousands=thousands)
            return None
        return NumberMarks(decimal, thousands)

    def units(self, content: object) -> tuple[str, ...]:
        """The units that may stand behind a number, the longest first."""
        found = [figures.clean_text(unit) for unit in self.texts(content, "units")]
        for unit in found:
            if unit in _FACTORS or not unit or any(c.isdigit() for c in unit):
                self.note("profile.unit_is_number", unit=unit)
        return tuple(sorted(found, key=len, reverse=True))

    def row_rules(self, content: object, where: str) -> tuple[RowRule, ...]:
        entries = content if isinstance(content, list) else [] if content is None else [content]
        found = []
        for entry in entries:
            rule = self.map(entry, where, ["column", "values", "match"])
            column = self.columns(rule.get("column"), f"{where}.column")
            values = self.texts(rule.get("values"), f"{where}.values")
            match = self.pattern(rule.get("match"), f"{where}.match")
            if len(column) != 1 or bool(values) == (match is not None):
                self.note("profile.row_rule", where=where)
                continue
            found.append(RowRule(column[0], self.folded(values), match))
        return tuple(found)

    def fields(
        self, content: object, vintages: set[str], where: str, by: tuple[str, ...] | None
    ) -> dict:
        content = self.map(content, where, schema.fields())
        found = {}
        for field_id, entry in content.items():
            is_list_of_maps = isinstance(entry, list) and any(isinstance(e, dict) for e in entry)
            entries = entry if is_list_of_maps else [entry]
            place = f"{where}.{field_id}"
            found[field_id] = tuple(self.figures(e, place, vintages) for e in entries)
            for column in (c for figure in found[field_id] for c, _ in figure.where):
                if by is None or (by and column not in by):
                    self.note("profile.where_without_rows", where=place, column=column)
        return found

    def figures(self, entry: object, where: str, vintages: set[str]) -> Figures:
        if isinstance(entry, str | list):
            entry = {"columns": entry}
        entry = self.map(entry, where, _FIGURE_KEYS)
        columns = self.columns(entry.get("columns"), where)
        minus = self.columns(entry.get("minus"), f"{where}.minus")
        times = self.columns(entry.get("times"), f"{where}.times")
        rows = entry.get("where")
        rows = self.map(rows, f"{where}.where", rows if isinstance(rows, dict) else ())
        meant = tuple(
            (header_key(name), self.folded(self.texts(values, f"{where}.where")))
            for name, values in rows.items()
        )
        if not columns:
            self.note("profile.no_column", where=where)
        names = entry.get("vintages") or []
        names = tuple(str(name) for name in (names if isinstance(names, list) else [names]))
        for name in names:
            if name not in vintages:
                self.note("profile.unknown_vintage", where=where, name=name)
        try:
            factor = Decimal(str(entry.get("factor", 1)))
        except InvalidOperation:
            self.note("profile.factor_no_number", where=where)
            factor = Decimal(1)
        if not factor.is_finite() or not Decimal(1) / LARGEST_FACTOR <= factor <= LARGEST_FACTOR:
            self.note("profile.factor_range", where=where, largest_factor=LARGEST_FACTOR)
            factor = Decimal(1)
        first = self.number(entry.get("from"), f"{where}.from")
        last = self.number(entry.get("to"), f"{where}.to")
        return Figures(columns, factor, first, last, names, minus, times, meant)

    def tokens(self, content: object) -> dict[str, str]:
        content = self.map(content, "values", (*TOKEN_STATUSES, "columns"))
        return self.marks_of({k: v for k, v in content.items() if k != "columns"}, "values")

    def column_tokens(self, content: object) -> dict[str, dict[str, str]]:
        """Those of single columns."""
        given = content.get("columns") if isinstance(content, dict) else None
        given = self.map(given, "values.columns", given if isinstance(given, dict) else ())
        found = {}
        for column, marks in given.items():
            where = f"values.columns.{column}"
            found[header_key(column)] = self.marks_of(self.map(marks, where, TOKEN_STATUSES), where)
        return found

    def marks_of(self, content: dict, where: str) -> dict[str, str]:
        return {
            figures.clean_text(token): status
            for status, tokens in content.items()
            for token in self.texts(tokens, f"{where}.{status}")
        }

    def vintages(self, content: object) -> tuple[Vintage, ...]:
        content = self.map(content, "vintages", content if isinstance(content, dict) else ())
        found = []
        for name, marks in content.items():
            entry = self.map(marks, f"vintages.{name}", ["has", "lacks"])
            has = self.columns(entry.get("has"), f"vintages.{name}.has")
            lacks = self.columns(entry.get("lacks"), f"vintages.{name}.lacks")
            found.append(Vintage(str(name), has, lacks))
        return tuple(found)
