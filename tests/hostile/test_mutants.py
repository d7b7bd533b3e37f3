"""Whatever is done to a valid file, no wrong figure comes out of it in silence.

Each mutant is refused, or right, or missing, or told by a hard flag at its place. See README.md
beside this file for what was found in long runs.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace

import pytest

from tests.hostile.bases import bases
from tests.hostile.mutating import mutant
from tests.hostile.oracle import CRASHED, HUNG, SILENT, Verdict, judged, line, look_for_flags

SEED = 20261128
AT_A_TIME = 500


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    return bases(tmp_path_factory.mktemp("bases"))


def read_alone(books, numbers, folder) -> list[Verdict]:
    """The readers' verdict on mutants; of those that need no other only the names are kept."""
    made = [mutant(books[number % len(books)], number, SEED) for number in numbers]
    found = judged(made, folder, by_rules=False)
    shutil.rmtree(folder)
    for verdict in found:
        if verdict.outcome != SILENT:
            verdict.mutant = replace(verdict.mutant, data=b"", right={}, names={}, rows={})
    return found


def table(found: list[Verdict]) -> str:
    """Outcomes by shape and form, as Markdown."""
    outcomes = ("right", "missing", "refused", "flagged", SILENT, HUNG, CRASHED)
    counts = Counter((v.mutant.name.split()[1], v.outcome) for v in found)
    lines = ["| file | " + " | ".join(outcomes) + " |", "|---|" + "---:|" * len(outcomes)]
    for shape in sorted({shape for shape, _ in counts}):
        row = [str(counts[shape, outcome]) for outcome in outcomes]
        lines.append(f"| {shape} | {' | '.join(row)} |")
    totals = [str(sum(v.outcome == outcome for v in found)) for outcome in outcomes]
    return "\n".join([*lines, f"| **{len(found):,}** | {' | '.join(totals)} |"])


@pytest.mark.parametrize(
    "count", [48, pytest.param(10_000, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_no_mutant_is_wrong_and_silent(books, tmp_path, request, count):
    first, behind = range_of(request.config.getoption("--mutants"), count)
    found: list[Verdict] = []
    for start in range(first, behind, AT_A_TIME):
        part = read_alone(books, range(start, min(start + AT_A_TIME, behind)), tmp_path / "read")
        look_for_flags(part, tmp_path / "judged" / str(start))
        found += part
        bad = [line(v) for v in part if v.outcome in (SILENT, HUNG, CRASHED)]
        print(f"{start}: {Counter(v.outcome for v in part)}", *bad, sep="\n", flush=True)
    print(table(found))
    assert [line(v) for v in found if v.outcome in (SILENT, HUNG, CRASHED)] == []
    outcomes, count = Counter(v.outcome for v in found), behind - first
    assert outcomes["right"] > count / 8 and outcomes["missing"] > count / 8, outcomes


def range_of(asked: str | None, count: int) -> tuple[int, int]:
    """The mutants to make: all ``count``, or the range that was asked for."""
    first, behind = asked.split("-") if asked and count > AT_A_TIME else (0, count)
    return int(first), int(behind)


def test_the_untouched_files_are_read_as_they_are(books, tmp_path):
    """What the oracle holds for right is what stands in the file, in every form."""

    def nothing(book, luck):
        from tests.hostile.changes import Change

        return Change("nothing")

    made = [mutant(book, number, SEED, nothing) for number, book in enumerate(books)]
    found = judged(made, tmp_path / "plain")
    assert [(v.outcome, v.wrong) for v in found] == [("right", [])] * len(books)
    assert {book.shape for book in books} == {"flat", "workbook", "returns", "table"}
    assert sum(len(m.right) for m in made) > 1000


def test_the_oracle_sees_what_is_wrong(books, tmp_path):
    """A figure changed behind its back, a row that vanished and one that came are told."""
    from tests.hostile.changes import Change, a_figure, data_rows
    from tests.hostile.writing import written

    def other_figure(book, luck):
        place = a_figure(book, luck)
        old = book.at(place)
        book.sheets[place[0]].rows[place[1]][place[2]] = type(old)(f"{old.value}7")
        return Change("another figure")

    def row_gone(book, luck):
        sheet, rows = data_rows(book)
        del book.sheets[sheet].rows[rows[-1]]
        return Change("row gone")

    table_book = next(book for book in books if (book.shape, book.form) == ("table", "csv"))
    made = [mutant(table_book, 1, SEED, other_figure), mutant(table_book, 2, SEED, row_gone)]
    first, second = judged(made, tmp_path / "seen", by_rules=False)
    assert first.outcome == SILENT and "right" in first.wrong[0]
    assert second.outcome == SILENT and "is gone" in second.wrong[0]
    assert written(table_book).startswith("学校代码".encode())


def test_the_same_seed_makes_the_same_mutants(books):
    once, again = ([mutant(book, 5, SEED).data for book in books[:4]] for _ in range(2))
    assert once == again and len(set(once)) == 4
