"""``junheng flags`` on a published warehouse."""

from __future__ import annotations

import csv
import io
import json

import duckdb
import pytest

from dagster_project.cli.flags import run
from dagster_project.settings import Settings
from dagster_project.spreadsheets.formula_injection import csv_cell


@pytest.fixture
def settings(tmp_path) -> Settings:
    settings = Settings(tmp_path / "raw", tmp_path / "warehouse")
    version = settings.versions / "v1"
    version.mkdir(parents=True)
    with duckdb.connect(str(version / "junheng.duckdb")) as connection:
        connection.execute("create schema quality; create schema marts")
        connection.execute(
            """
            create table marts.dim_school as
            select 2023 as school_year, '0164000001' as school_id, '=城关一小' as school_name,
                   '640221' as county_code, '平罗县' as county_name;
            create table quality.rule as select 'r' as rule_id, '题' as title, 'school' as owner;
            create table quality.flag as
            select * from (values
                ('F1', 'r', 'hard', 2023, 'autumn', '640221', '0164000001', 'primary', 'pupils',
                 '-5', '不小于 0', '在校生 -5 人。', '核对', 'a.xlsx', 'S', 'D8', 'open', null),
                ('F2', 'r', 'soft', 2022, 'autumn', '640221', null, 'primary', 'pupils',
                 '9', '10', '少。', '核对', null, null, null, 'confirmed', '合并')
            ) as t(flag_id, rule_id, severity, school_year, term, county_code, school_id, stage,
                   fields, observed, expected, message, remedy, source_file, sheet, cell, status,
                   note)
            """
        )
    settings.current.symlink_to("versions/v1")
    settings.database.symlink_to("current/junheng.duckdb")
    return settings


def printed(settings, capsys, form="csv", **filters) -> str:
    options = {"only_open": False, "county": None, "school_year": None} | filters
    assert run(settings, form=form, **options) == 0
    return capsys.readouterr().out


def test_csv_has_every_flag_and_no_formula(settings, capsys):
    rows = list(csv.DictReader(io.StringIO(printed(settings, capsys))))
    assert [row["flag_id"] for row in rows] == ["F1", "F2"]
    assert (rows[0]["school_name"], rows[0]["observed"]) == ("'=城关一小", "'-5")
    assert rows[0]["school_id"] == "0164000001"


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"only_open": True}, ["F1"]),
        ({"school_year": 2022}, ["F2"]),
        ({"county": "640221"}, ["F1", "F2"]),
        ({"county": "平罗县"}, ["F1", "F2"]),
        ({"county": "110101"}, []),
    ],
)
def test_json_of_what_was_asked_for(settings, capsys, filters, ids):
    rows = json.loads(printed(settings, capsys, "json", **filters))
    assert [row["flag_id"] for row in rows] == ids


def test_nothing_published_yet(tmp_path):
    empty = Settings(tmp_path, tmp_path / "none")
    assert run(empty, only_open=False, county=None, school_year=None, form="csv") == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [(-5, "-5"), ("-5", "'-5"), ("\tx", "'\tx"), ("@a", "'@a"), (None, ""), ("a=b", "a=b")],
)
def test_formula_escaping(value, text):
    assert csv_cell(value) == text
