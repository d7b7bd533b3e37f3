"""What a version did not use or compute, on rows of its tables."""

from __future__ import annotations

import duckdb
import pytest

from dagster_project.publish.not_used import COMPUTED, not_used

_TABLES = """
    create schema marts; create schema quality;
    create table marts.school_indicator (
        school_year integer, standard_id varchar, stage varchar, indicator_id varchar, value double
    );
    create table quality.drift (path varchar, kind varchar, sheet varchar, label varchar);
    create table quality.set_aside (
        path varchar, sheet varchar, reason varchar, sentence varchar, sentence_zh varchar,
        is_standing boolean
    );
    create table quality.field_origin (sha256 varchar, stage varchar, field_id varchar);
    create table quality.load (sha256 varchar, school_year integer, superseded_by varchar);
    insert into quality.load values ('f', 2023, null), ('old', 2023, 'f');
"""
DEGREES = ("teachers_bachelor", "teachers_associate", "teachers_doctor", "teachers_master")


@pytest.fixture
def version():
    with duckdb.connect() as connection:
        connection.execute(_TABLES)
        yield connection


def give(connection, indicator: str, value: float | None, fields: tuple[str, ...] = ()) -> None:
    connection.execute(
        "insert into marts.school_indicator values (2023, '2017', 'primary', ?, ?)",
        [indicator, value],
    )
    for field_id in fields:
        connection.execute(
            "insert into quality.field_origin values ('f', 'primary', ?)", [field_id]
        )


@pytest.mark.parametrize(
    ("indicator", "fields", "named", "unnamed"),
    [
        ("L7", (), ("networked multimedia classrooms",), ()),
        ("L3", ("teachers_pe",), ("arts", "PE and arts together as such"), ("physical",)),
        # 研究生 in place of 博士 and 硕士, and the reverse, is no lack.
        ("L1", DEGREES[1:], ("bachelor’s", "required degree"), ("doctorate", "postgraduate")),
        ("L1", (*DEGREES[:2], "teachers_postgraduate"), ("no school reports",), ("doctorate",)),
    ],
)
def test_an_indicator_that_no_section_has_names_what_no_file_has(
    version, indicator, fields, named, unnamed
):
    give(version, indicator, None, fields)
    give(version, "L2", 1.0)
    found = not_used(version)
    sentence = found.not_computed[0].text("en")
    assert len(found.not_computed) == 1 and sentence.startswith(
        f"2023 primary 2017 {indicator} is not computed"
    )
    assert all(word in sentence for word in named)
    assert not any(word in sentence for word in unnamed)


def test_a_file_that_counts_no_more_collects_nothing(version):
    give(version, "L7", None)
    version.execute(
        "insert into quality.field_origin values ('old', 'primary', 'multimedia_rooms')"
    )
    assert "multimedia" in not_used(version).not_computed[-1].text("en")


def test_an_indicator_of_some_sections_is_computed(version):
    give(version, "L7", None)
    give(version, "L7", 2.5)
    assert not_used(version).messages == ()


def test_a_version_without_any_figure_says_so(version):
    give(version, "L7", None)
    found = not_used(version)
    assert found.not_computed[0].text("zh").startswith("没有算出任何指标")
    assert version.execute(COMPUTED).fetchall() == [(False,)]


def test_a_source_that_names_no_standard_is_told_so(version):
    version.execute(
        "insert into marts.school_indicator values (2020, 'general', 'primary', 'C1', 30)"
    )
    version.execute(
        "insert into marts.school_indicator values (2021, 'general', 'primary', 'C1', 30)"
    )
    give(version, "L7", 1.0)
    sentence = not_used(version).not_computed[0].text("en")
    assert sentence.startswith("2020–2021") and "standards" in sentence


def test_columns_that_nobody_reads_and_hidden_sheets_are_named(version):
    give(version, "L7", 1.0)
    for n in range(15):
        version.execute("insert into quality.drift values ('a.xlsx', 'new', 'S', ?)", [f"c{n:02}"])
    version.execute("insert into quality.drift values ('a.xlsx', 'missing', 'S', 'lost')")
    version.execute(
        "insert into quality.set_aside values"
        " ('a.xlsx', 'H', 'hidden', 'The sheet H is hidden.', '工作表“H”被隐藏。', true),"
        " ('a.xlsx', 'T', 'total', 'A total.', '合计。', true)"
    )
    columns, sheet = (message.text("en") for message in not_used(version).ignored)
    assert columns.startswith("a.xlsx (S): 15 column(s)") and columns.endswith("… and 3 more")
    assert "lost" not in columns
    assert sheet == "a.xlsx: The sheet H is hidden."
    assert "另有 3 列" in not_used(version).ignored[0].text("zh")
