"""Two made-up schools with their whole workbooks, one of each vintage, and how tests read them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dagster_project.census.opening.source import open_source
from dagster_project.census.reading import Place
from dagster_project.census.workbook import read as workbook

SHA = "0" * 64
NOWHERE = Place(None, None)
COURSES_2021 = [
    *["合计", "#女", "道德与法治", "语文", "数学", "外语", "#英语", "#日语", "科学"],
    *["体育与健康", "信息科技", "艺术", "音乐", "美术", "劳动", "其他", "本学年不授课"],
]
COURSES_2024 = [
    *["合计", "#女", "道德与法治", "语文", "数学", "外语>计", "外语>#英语", "外语>#日语"],
    *["外语>#俄语", "历史", "地理", "科学", "物理", "化学", "生物学", "信息科技", "体育与健康"],
    *["艺术>计", "艺术>#音乐", "艺术>#美术", "劳动", "综合实践活动", "其他", "本学年不授课"],
]
DEGREES = {"博士研究生": "1", "硕士研究生": "4", "本科": "30", "专科": "5"}


def read_with(book, tmp_path, sheets, place=NOWHERE, suffix=".xlsx"):
    path = book.Book(sheets).write(tmp_path / f"学校{suffix}")
    source = open_source(path)
    assert workbook.recognises(source)
    return workbook.read(source, SHA, place)


def stages(reading) -> dict[str, dict]:
    rows = [row for batch in reading.sections for row in batch.to_pylist()]
    return {row["stage"]: row for row in rows}


def origin(reading, stage, field_id) -> list[dict]:
    rows = reading.origins.to_pylist()
    return [row for row in rows if (row["stage"], row["field_id"]) == (stage, field_id)]


def courses(header, **columns):
    return [columns.get(path.split(">#")[-1].split(">")[0].strip("#"), "0") for path in header]


def form_4155_primary(book):
    """The 2021 layout: the whole form is primary; four arts and sports courses side by side."""
    total = courses(COURSES_2021, 合计="40", 体育与健康="4", 艺术="1", 音乐="2", 美术="3")
    rows = [("总计", "1", total), ("#女", "2", ["30"]), ("#少数民族", "3", [None])]
    rows += [(name, str(n), [value]) for n, (name, value) in enumerate(DEGREES.items(), 4)]
    return book.Form("教基4155", COURSES_2021, rows, title="小学专任教师分课程、分学历")


def form_4155_compulsory(book):
    """The layout of about 2024: rows by stage; 艺术 is the parent of 音乐 and 美术."""
    header, rows = COURSES_2024, []
    for stage, arts, code in (("小学", "5", 1), ("初中", "7", 10)):
        total = courses(header, 合计="40", 体育与健康="4", 音乐="2", 美术="3")
        total[17] = arts
        rows += [(stage, f"{code:02}", total), ("　#女", f"{code + 1:02}", ["30"])]
        rows += [
            (f"　{name}", f"{code + n:02}", [value])
            for n, (name, value) in enumerate(DEGREES.items(), 3)
        ]
    return book.Form("教基4155", header, rows, title="义务教育专任教师分课程、分学历")


@pytest.fixture
def book(book):
    """The parts of a written workbook, with what this folder's tests do to it."""
    return SimpleNamespace(
        Book=book.Book,
        Form=book.Form,
        identity=book.identity,
        primary=book.primary,
        junior=book.junior,
        site=book.site,
        read=lambda *args, **more: read_with(book, *args, **more),
        stages=stages,
        origin=origin,
        courses=courses,
        courses_2021=COURSES_2021,
        form_4155_primary=lambda: form_4155_primary(book),
        form_4155_compulsory=lambda: form_4155_compulsory(book),
    )


@pytest.fixture
def nine_year(book):
    """A nine-year school of 2023 with pupils, teachers, backbone, buildings and site."""
    return {
        "教基1001": book.identity(),
        "教基1102_续": book.Form(
            "教基1102",
            ["内容"],
            [
                ("校长姓名", "01", ["赵六"]),
                ("县级及以上骨干教师(小学)", "02", ["8"], "人"),
                ("县级及以上骨干教师(初中)", "03", ["6"], "人"),
            ],
            lead=("项目", "计量单位", "代码"),
        ),
        "教基3112_小学": book.primary(),
        "教基3115 ": book.junior(),
        "教基4155": book.form_4155_compulsory(),
        "教基5170": book.Form(
            "教基5170",
            ["合计"],
            [
                ("校舍建筑面积总计", "01", ["9000"]),
                ("教学及辅助用房", "05", ["5000"]),
                ("公共教学用房", "10", ["1500"]),
                ("#图书阅览室", "11", ["400"]),
                ("#室内体育用房", "12", ["1000"]),
                ("#其他", "14", ["100"]),
                ("其他用房", "18", ["-"]),
            ],
            lead=("指标名称", "代码"),
        ),
        "教基5176": book.site(),
    }


def identity_111(county="640221000000"):
    """The grid of 基础基111, with hidden row and column."""
    places = ["学校（机构）所在地城乡类型", "学校（机构）属地管理教育行政部门"]
    return [
        list("ABCDEFGHI"),
        [1.0, "基础教育学校（机构）统计调查表"],
        [2.0, "（2019 /2020 学年初）"],
        [3.0, "基础基111"],
        [4.0, "学校标识码", None, "学校（机构）名称（章）", None, "学校（机构）英文名称"],
        [5.0, "0264000456", None, "样例初级中学", None, "Sample School"],
        [6.0, "续"],
        [7.0, None, None, "学校（机构）地址", None, None, *places],
        [8.0, "名称", None, "样例路1号", None, None, "村庄", "宁夏回族自治区石嘴山市平罗县教育局"],
        [9.0, "代码", None, "640221001001", None, None, "220", county],
        [10.0, "续"],
        [11.0, None, None, "学校（机构）办学类型", "学校（机构）举办者"],
        [12.0, "名称", None, "九年一贯制学校", "民办"],
        [13.0, "代码", None, "312", "999"],
        [14.0, "办公电话", None, "09520000000", "填表人", "钱七"],
        [15.0, None, None, "学校（机构）举办者", "学校（机构）属地管理教育行政部门"],
        [16.0, "名称", None, "附设小学班"],
        [17.0, "代码", None, "219"],
    ]


@pytest.fixture
def old_school(book):
    """A nine-year school of 2019 in the forms 基础基."""
    pupils = ["毕业生数", "招生数>合计", "在校生数>合计", "在校生数>其中：女"]
    grades = [f"在校生数>{g}" for g in ("一年级", "二年级", "三年级", "四年级")]
    arts = ["合计", "其中：女", "体育", "音乐", "美术", "艺术", "本学年不授课"]
    teachers = [("总  计", "1", ["12", "6", "2", "1", "1", "1", "0"])]
    teachers += [("研究生毕业", "4", ["1"]), ("本科毕业", "5", ["9"]), ("专科毕业", "6", ["2"])]
    middle = [("初中", "1", teachers[0][2]), ("　其中：女", "2", ["6"])]
    middle += [("　研究生毕业", "4", ["3"]), ("高中", "8", ["77"]), ("　研究生毕业", "12", ["70"])]
    flow = ["上学年初报表在校学生数", "增加学生数>合计", "增加学生数>招生", "增加学生数>复学"]
    flow += ["增加学生数>转入", "增加学生数>其他", "减少学生数>合计", "减少学生数>毕业"]
    flow += [f"减少学生数>{x}" for x in ("结业", "休学", "退学", "死亡", "转出", "其他")]
    flow += ["本学年初报表在校学生数"]
    moved = ["120", "36", "30", "1", "5", None, "37", "29", "*", "1", None, None, "7", None, "119"]
    site = ["占地面积>计", "占地面积>其中>绿化用地面积", "占地面积>其中>运动场地面积"]
    site += ["教室（间）>计", "教室（间）>其中：网络多媒体教室", "专用教室（间）>计"]
    site += ["专用教室（间）>其中：网络多媒体教室", "固定资产总值（万元）>计"]
    site += ["固定资产总值（万元）>教学仪器设备资产值"]

    def form(code, header, rows, **more):
        return book.Form(code, header, rows, hidden=True, **more)

    return {
        "基础基111": identity_111(),
        "基础基112": form(
            "基础基112",
            ["内容"],
            [
                ("县级及以上骨干教师（小学）", "26", ["3"], "人"),
                ("县级及以上骨干教师（初中）", "27", ["2"], "人"),
            ],
            lead=("项目", "编号", "计量单位"),
        ),
        "基础基312": form(
            "基础基312",
            [*pupils, *grades],
            [
                ("总  计", "1", ["20", "21", "119", "60", "21"]),
                ("其中：女", "2", [None, "10", "60"]),
            ],
        ),
        "基础基313": form(
            "基础基313", [*pupils, *grades], [("总  计", "1", ["30", "31", "90", "44"])]
        ),
        "基础基331": form(
            "基础基331",
            flow,
            [
                ("幼儿园", "1", []),
                ("女", "2", []),
                ("少数民族", "3", []),
                ("小学", "4", moved),
                ("女", "5", ["60"]),
            ],
        ),
        "基础基423": form("基础基423", arts, teachers),
        "基础基424": form("基础基424", arts, middle),
        "基础基512": form(
            "基础基512",
            ["校舍建筑面积>合计"],
            [
                (("总     计", None), "1", ["3000"]),
                (("其中", "危房"), "2", [None]),
                ((None, "当年新增校舍"), "3", ["10"]),
                (("一、教学及辅助用房", None), "4", ["1800"]),
                (("教室", None), "5", ["1000"]),
                (("实验室", None), "6", ["100"]),
                (("图书室", None), "7", ["80"]),
                (("微机室", None), "8", ["70"]),
                (("语音室", None), "9", ["50"]),
                (("体育馆", None), "10", ["500"]),
                (("二、行政办公用房", None), "11", ["200"]),
            ],
            lead=("", "", "编号"),
        ),
        "基础基522": form(
            "基础基522",
            site,
            [("总  计", "1", ["9000", "800", "4000", "20", "10", "5", "4", "600", "123.45"])],
        ),
        "基础基531": form("基础基531", ["图书（册）"], [("总  计", "1", ["5000"])]),
    }
