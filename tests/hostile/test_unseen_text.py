"""Characters that nobody sees, in every kind of input: they reach no document, table or screen."""

from __future__ import annotations

import re
import sys
import unicodedata
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from lxml import etree
from typer.testing import CliRunner

from dagster_project.census.opening import printable as module
from dagster_project.census.opening.printable import printable, printable_reading
from dagster_project.census.reading import Drift, Reading
from dagster_project.census.set_aside import SetAside
from dagster_project.cli.app import app
from tests.hostile.steering import UNSEEN

KINDS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def is_unseen(character: str) -> bool:
    return unicodedata.category(character) in KINDS or character in "\ufffe\uffff"


@pytest.mark.parametrize("text", UNSEEN)
def test_what_nobody_sees_becomes_text(text):
    shown = printable(f"甲{text}校")
    assert shown.startswith("甲") and shown.endswith("校") and not any(map(is_unseen, shown))
    assert printable(shown) == shown
    assert text == "_x005F_x001B_" or shown != f"甲{text}校"


@pytest.mark.parametrize("text", ["城关一小（分校）", "Nǚ “x”", "\U0003106c小学", "㐂_x4E2D_", "é"])
def test_what_can_be_seen_stays(text):
    assert printable(text) == text


def test_no_unseen_character_is_overlooked_in_arrow():
    every = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    unseen = [c for c in every if is_unseen(c)]
    assert all(module._may_be_unseen(pa.array([f"甲{c}"])) for c in unseen)
    seen = [c for c in every[::97] if not is_unseen(c)]
    for texts in (unseen, seen):
        array = pa.array([f"甲{c}校" for c in texts])
        assert module._array(array).to_pylist() == [printable(t) for t in array.to_pylist()]


def test_every_text_of_a_reading_is_made_printable():
    evil, word = "a\x1bb", pa.dictionary(pa.int8(), pa.string())
    sliced = pa.table({"t": ["x" * 50, evil, None]}).slice(1)
    reading = Reading(
        "table", evil, evil, 2023, "autumn",
        [pa.RecordBatch.from_pydict({"t": [evil], "n": [1.0], "w": pa.array([evil]).cast(word)})],
        sliced, cells=sliced, drift=(Drift("new", evil, found=evil),), parts={"answer": sliced},
        set_aside=(left := []),
    )  # fmt: skip
    shown = printable_reading(reading)
    left.append(SetAside("note", "…", token=evil))  # while the sections are read
    assert [item.token for item in shown.set_aside] == [r"a\x1bb"] == [shown.set_aside[0].token]
    assert shown.sections[0].to_pylist() == [{"t": r"a\x1bb", "n": 1.0, "w": r"a\x1bb"}]
    assert shown.sections[0].schema == reading.sections[0].schema
    for table in (shown.origins, shown.cells, shown.parts["answer"]):
        assert table.to_pydict() == {"t": [r"a\x1bb", None]}
    assert (shown.profile, shown.vintage, shown.drift[0].label) == (r"a\x1bb",) * 3
    plain = Reading("table", "p", "v", 2023, "autumn", [], pa.table({"t": ["甲校"] * 9}))
    assert printable_reading(plain).origins is plain.origins


# --------------------------------------------------------------------------------- a whole county


def test_it_is_loaded_and_flagged(steering_county):
    assert steering_county.exit_code == 0
    assert steering_county.row("select count(distinct school_id) from marts.dim_school")[0] >= 8
    names = [name for (name,) in steering_county.query("select school_name from marts.dim_school")]
    assert sum("\\x" in name or "\\u" in name for name in names) >= 4


def test_no_table_holds_any(steering_county):
    with duckdb.connect(str(steering_county.settings.database), read_only=True) as db:
        columns = db.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal"
            " and data_type = 'VARCHAR' and database_name = current_database()"
        ).fetchall()
        assert len(columns) > 200
        for schema, table, column in columns:
            found = db.execute(
                f'select "{column}" from "{schema}"."{table}" where regexp_matches("{column}",'
                r" '[\x00-\x08\x0b\x0c\x0e-\x1f\x{7f}-\x{9f}\p{Cf}\p{Zl}\p{Zp}\x{fffe}]"
                r"|_x00[01789][0-9A-Fa-f]_') limit 1"
            ).fetchall()
            assert found == [], (table, column)


def test_no_document_holds_any(steering_county):
    warehouse = steering_county.settings.warehouse
    looked_at = {}
    for path in warehouse.rglob("*"):
        inside = path.relative_to(warehouse).parts[0]
        # dbt's own page of the models holds no figures, and a library that spells controls out.
        is_dbts = path.name == "models.html"
        if not path.is_file() or is_dbts or inside in ("lake", "build", "quality"):
            continue
        for name, text in texts(path):
            odd = {c for c in text if is_unseen(c)} - {"\n", "\r", "\t"}
            assert not odd, (path, name, odd)
            if path.suffix == ".xlsx":  # Word has shapes called _x0000_t136
                assert not re.search("_x(00[01789]|202|206)[0-9A-Fa-f]+_", text), (path, name)
        looked_at[path.suffix] = looked_at.get(path.suffix, 0) + 1
    assert {".docx", ".xlsx", ".html", ".md", ".json"} <= looked_at.keys(), looked_at


def texts(path: Path):
    """The texts of a document by part; XML must be well-formed."""
    if path.suffix in (".docx", ".xlsx"):
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                if name.endswith((".xml", ".rels", ".vml")):
                    root = etree.fromstring(package.read(name))
                    yield (
                        name,
                        "".join(root.itertext())
                        + "".join(
                            value for element in root.iter() for value in element.attrib.values()
                        ),
                    )
    elif path.suffix in (".html", ".md", ".json", ".jsonl", ".csv", ".txt", ".sql"):
        yield "", path.read_text("utf-8")


@pytest.mark.parametrize(
    "command",
    [
        ["flags"],
        ["flags", "--format", "csv"],
        ["flags", "--format", "json"],
        ["status"],
        ["report"],
    ],
)
def test_no_screen_is_steered(steering_county, command, tmp_path):
    where = [
        "--warehouse",
        str(steering_county.settings.warehouse),
        "--raw",
        str(steering_county.settings.raw),
    ]
    if command == ["report"]:
        where = ["--county", "\x1b[2J\u202e", *where]
    result = CliRunner().invoke(app, [*command, *where])
    said = result.output
    assert said and not {c for c in said if is_unseen(c)} - {"\n", "\r"}, result.output
