"""Every kind of bad file gets one clear sentence; the others load, nothing is half-published."""

import re
import shutil
import zipfile

import openpyxl
import pytest

from dagster_project import cli
from dagster_project.cli import console
from dagster_project.messages import Message
from dagster_project.returns import writer
from dagster_project.sample import write_nation, write_pingluo
from tests.lake.conftest import PROFILE
from tests.load.whole import load
from tests.messages.reading import english_words, has_chinese


def book(path, *sheets):
    """An xlsx of ``(name, rows)``."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets:
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)


def change(path, edit):
    """Edit a workbook in place."""
    workbook = openpyxl.load_workbook(path)
    edit(workbook)
    workbook.save(path)


def header_row(sheet, label):
    """Row and column (from 1) of the cell that says ``label``."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == label:
                return cell.row, cell.column
    raise AssertionError(f"no cell says {label}")


def with_a_school_twice(path):
    def edit(workbook):
        sheet = workbook.active
        last = [cell.value for cell in sheet[sheet.max_row]]
        sheet.append(last)

    change(path, edit)


def with_an_unknown_county(path):
    def edit(workbook):
        sheet = workbook.active
        _, column = header_row(sheet, "所在地区编码")
        sheet.cell(sheet.max_row, column).value = "993021001001"

    change(path, edit)


def without_the_stage(path):
    """A wide table whose columns say nothing of its stage."""
    book(
        path,
        (
            "表",
            [
                ["机构名称", "机构编码", "所在地区编码", "办学类型编码", "在校生数"],
                ["某校", "2164000099", "640221001001", "211", "100"],
            ],
        ),
    )


def two_that_contradict_each_other(raw):
    """The primary schools of a made-up county in two files that differ in one figure."""
    files = write_nation(raw, counties=1, schools=3, years=1, seed=5, file_type="csv")
    (primary,) = (path for path in files if "小学" in path.name)
    text = primary.read_text("gb18030")
    before, figure, after = re.fullmatch(r"(.*,)(\d+\.\d+)(,.*)", text, re.DOTALL).groups()
    other = primary.with_name("other.csv")
    other.write_text(f"{before}{float(figure) + 1}{after}", "gb18030")
    assert primary.relative_to(raw).as_posix() == TWICE


def with_a_bad_answer(raw):
    """A county's return, one of whose numbers is none."""
    answers = {"exchange_eligible": 1081, "exchange_moved": "143人", "quota_places": 664,
               "senior_places": 1107}  # fmt: skip
    heading = writer.Heading("640221", "平罗县", 2023, "autumn")
    writer.write_county_return(raw / RETURN, heading, answers)


def beside_the_figures(raw):
    """A file that can be read and not be trusted, a damaged review, a mapping with a bad line."""
    for folder in ("profiles", "reviews", "mappings"):
        (raw / folder).mkdir()
    (raw / "profiles" / "small.yml").write_text(PROFILE, "utf-8")
    rows = "".join(f"06402219{n:02},校{n},640221,待定,2\n" for n in range(4))
    (raw / "2023" / "autumn" / "undecided_2023.csv").write_text(
        f"id,name,county,pupils,classes\n{rows}", "utf-8"
    )
    book(raw / "reviews" / "torn.xlsx", ("审核", [["flag_id", "decision"], ["F1", "waived"]]))
    data = bytearray((raw / "reviews" / "torn.xlsx").read_bytes())
    data[data.rindex(b"PK\x01\x02")] ^= 1  # one bit in the table of the zip
    (raw / "reviews" / "torn.xlsx").write_bytes(data)
    (raw / "mappings" / "policy_targets.csv").write_text(
        "county_code,target_id,school_year,target_value,comparator,document\n"
        "640221,a,2023,0.5,<=,规划\n640221,b,2023,half,<=,规划\n",
        "utf-8",
    )


@pytest.fixture(scope="module")
def load_and_words(tmp_path_factory):
    """The sample county and beside it every kind of bad file, in one load; and what it said."""
    root = tmp_path_factory.mktemp("bad")
    raw = root / "raw"
    primary, junior = sorted(write_pingluo(raw, "flat"), key=lambda p: "初中" in p.name)
    folder = primary.parent
    whole = primary.read_bytes()

    (folder / "empty.xlsx").write_bytes(b"")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "truncated.xlsx").write_bytes(whole[: len(whole) // 2])
    (folder / "noise.xls").write_bytes(bytes(range(256)) * 40)
    (folder / "page.xls").write_text(
        "<html><table><tr><td>机构编码</td></tr></table></html>", "utf-8"
    )
    (folder / "text.xlsx").write_text("机构编码,在校生数\n2164000001,5\n", "utf-8")
    (folder / "mixed.csv").write_bytes(
        "机构编码,机构名称,所在地区编码,六年级,在校生数\n".encode("gb18030")
        + "2164000001,某校,640221001001,5,5\n".encode("gb18030") * 30
        + "2164000002,好学校,640221001001,5,5\n".encode() * 30
    )
    (folder / "letter.docx").write_bytes(b"PK\x05\x06" + bytes(18))
    (folder / "notes.csv").write_text("date,remark\n2023-09-01,nothing\n", "utf-8")
    for name, spoil in (
        ("twice.xlsx", with_a_school_twice),
        ("county.xlsx", with_an_unknown_county),
    ):
        shutil.copy(junior, folder / name)
        spoil(folder / name)
    without_the_stage(folder / "stage.xlsx")
    book(folder / "form.xlsx", ("教基9999", [["x"]]), ("教基9998", [["y"]]))
    book(
        folder / "vintages.xlsx",
        ("基础基111", [["学校标识码"], ["2164000001"]]),
        ("基础基312", [["甲", "乙", 1], ["总计", 1, 5]]),
        ("教基3112", [["甲", "乙", 1], ["总计", 1, 5]]),
    )
    with zipfile.ZipFile(folder / "plain.xlsx", "w") as archive:
        archive.writestr("readme.txt", "not a workbook")
    beside_the_figures(raw)
    two_that_contradict_each_other(raw)
    with_a_bad_answer(raw)
    wrong_year = raw / "2022" / "autumn" / primary.name
    wrong_year.parent.mkdir(parents=True)
    shutil.copy(primary, wrong_year)
    with console.out.capture() as said:
        done = load(raw, root / "warehouse")
    return done, " ".join(said.get().split())


@pytest.fixture(scope="module")
def loaded(load_and_words):
    return load_and_words[0]


RETURN = "2023/autumn/县级填报表.xlsx"
TWICE = "2023/autumn/样例（合成数据）_全国_小学.csv"
BAD = {
    "2023/autumn/empty.xlsx": "empty",
    "2023/autumn/empty.csv": "empty",
    "2023/autumn/truncated.xlsx": "",
    "2023/autumn/noise.xls": "",
    "2023/autumn/page.xls": "html",
    "2023/autumn/text.xlsx": "csv",
    "2023/autumn/mixed.csv": "encoding",
    "2023/autumn/letter.docx": "",
    "2023/autumn/notes.csv": "shape",
    "2023/autumn/stage.xlsx": "stage",
    "2023/autumn/form.xlsx": "",
    "2023/autumn/vintages.xlsx": "",
    "2023/autumn/plain.xlsx": "",
    "2023/autumn/undecided_2023.csv": "cannot be trusted",
    "reviews/torn.xlsx": "damaged",
    "mappings/policy_targets.csv": "the other 1 line(s) hold",
    "2022/autumn/样例（合成数据）_平罗县_小学.xlsx": "2023",
    TWICE: "other.csv",
    "2023/autumn/other.csv": TWICE,
}


def test_the_good_files_load_and_the_exit_code_says_that_some_did_not(loaded):
    assert loaded.exit_code == 3
    rows = loaded.query(
        "select county_code, stage, sum(pupils) from marts.county_enrolment group by all"
    )
    pupils = {(county, stage): number for county, stage, number in rows}
    assert pupils["640221", "primary"] == 17930 and pupils["640221", "junior"] == 9883
    # Of files that contradict each other none counts; the county's third file does.
    assert {key for key in pupils if key[0] != "640221"} == {("110121", "junior")}


def test_every_bad_file_is_refused_and_no_good_one(loaded):
    refused = {path for (path,) in loaded.query("select path from quality.rejected_file")}
    assert refused == set(BAD)


@pytest.mark.parametrize("path", BAD)
def test_the_sentence_names_the_fault_and_says_what_to_do(loaded, path):
    ((reason,),) = loaded.query("select reason from quality.rejected_file where path = ?", path)
    assert BAD[path] in reason.lower()
    assert reason.endswith(".") and len(reason.split()) >= 8, reason
    assert "Traceback" not in reason and "Error:" not in reason, reason


def test_every_refusal_is_published_in_both_languages_and_as_id_and_values(loaded):
    rows = loaded.query("select path, reason, reason_zh, message from quality.rejected_file")
    for path, reason, chinese, message in rows:
        assert Message.from_json(message).text("en") == reason
        assert Message.from_json(message).text("zh") == chinese
        assert has_chinese(chinese) and not english_words(chinese.replace(path, "")), chinese


@pytest.mark.parametrize(
    "line", ["status", "flags --open", "whatif --county 640221 --close-gaps all", "rollback --list"]
)
def test_what_is_published_is_shown_in_chinese(loaded, line, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("JUNHENG_LANG", "zh")
    monkeypatch.setenv("JUNHENG_RAW", str(loaded.settings.raw))
    monkeypatch.setenv("JUNHENG_WAREHOUSE", str(loaded.settings.warehouse))
    assert cli.run(["junheng", *line.split()]) == 0
    said = capsys.readouterr().out
    for folder in (loaded.settings.raw, loaded.settings.warehouse):
        said = said.replace(str(folder), "")
    assert has_chinese(said) and not english_words(said), english_words(said)


@pytest.mark.parametrize("path", ["2023/autumn/twice.xlsx", "2023/autumn/county.xlsx"])
def test_one_doubtful_row_costs_itself_and_is_shown_with_sheet_and_cell(loaded, path):
    ((sheet, cell),) = loaded.query(
        "select sheet, cell from quality.set_aside where path = ? and reason = 'doubtful'", path
    )
    assert sheet and cell


def test_the_lines_beside_a_bad_one_hold(loaded):
    found = loaded.query("select target_id from marts.policy_target where document = '规划'")
    assert found == [("a",)]


def test_a_file_that_is_not_trusted_can_be_answered(loaded):
    """Its flag stands open, so a review can waive it; none of its schools is published."""
    flag = "select rule_id, severity, status from quality.flag where source_file like '%undecided%'"
    assert loaded.query(flag) == [("file.most_sections_without_pupils", "hard", "open")]
    assert loaded.query("select 1 from marts.dim_school where school_id like '06402219%'") == []


def test_one_bad_answer_costs_itself_and_is_named(load_and_words):
    """The rest of the county's return is used; what asks for the answer is not decided."""
    loaded, said = load_and_words
    assert f"not used {RETURN} (县级填报表, D17): 县级填报表!D17: '143人'" in said
    flag = loaded.row(
        "select severity, sheet, cell, taints from quality.flag where status = 'open'"
        " and rule_id = 'file.doubtful_entry' and source_file = ?",
        RETURN,
    )
    assert flag == ("hard", "县级填报表", "D17", "G11")
    verdicts = dict(
        loaded.query(
            "select item_id, verdict from marts.county_assessment"
            " where standard_id = '2017' and school_year = 2023 and county_code = '640221'"
        )
    )
    assert verdicts["G14"] == "met" and verdicts["G11"] not in ("met", "not_met")


def test_nothing_to_publish_leaves_the_earlier_version_in_place(flat_county, tmp_path, capsys):
    warehouse = tmp_path / "warehouse"
    shutil.copytree(flat_county.settings.warehouse, warehouse, symlinks=True)
    (tmp_path / "raw").mkdir()
    result = load(tmp_path / "raw", warehouse)
    assert result.exit_code == 0  # the lake still holds the county
    assert result.query("select count(*) from marts.dim_school") == flat_county.query(
        "select count(*) from marts.dim_school"
    )


def test_an_empty_raw_folder_says_what_to_do(tmp_path, capsys):
    (tmp_path / "raw").mkdir()
    from dagster_project.cli.load import run
    from dagster_project.settings import Settings

    settings = Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse")
    assert run(settings, school_years=None, term=None, as_of=None, strict=False) == 1
    assert not settings.database.exists()
    assert "Put census files below" in capsys.readouterr().err
