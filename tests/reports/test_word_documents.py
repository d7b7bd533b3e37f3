"""What the two Word documents say, county by county."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from docx import Document

from dagster_project.reports import circular, self_evaluation
from dagster_project.reports.templates import Templates
from tests.load import flawed
from tests.reports.word_reading import blocks, text_of

# What the published circular names and no verdict rests on.
TOLD_BY_BOTH = (
    "小学专任教师1132人，其中高于规定学历1132人，占100.00%。",
    "初中专任教师771人，其中高于规定学历758人，占98.31%；其余13人："
    "陶乐中学9人、平罗四中2人、平罗三中1人、平罗六中1人。",
    "入学率97.67%（标准为不低于95%）；随班就读121人；送教上门30人；特殊教育学校就读59人",
    "留守儿童183人，在公办学校就读183人，占100.00%",
)


def formal(name: str) -> str:
    return name.replace("(", "（").replace(")", "）")


def county(published, code, year):
    (found,) = published.counties([code], [year])
    return found


@pytest.fixture(scope="module")
def report(published) -> str:
    """The self-evaluation of the county with a full year."""
    return text_of(
        self_evaluation.render(published, county(published, "640221", 2023), Templates())
    )


@pytest.fixture(scope="module")
def notice(published) -> str:
    """Its circular."""
    return text_of(circular.render(published, county(published, "640221", 2023), Templates()))


@pytest.fixture(scope="module")
def draft(published) -> dict[str, bytes]:
    """Both documents of the flawed county."""
    place = county(published, flawed.COUNTY, flawed.YEAR)
    return {
        module.__name__.rpartition(".")[2]: module.render(published, place, Templates())
        for module in (self_evaluation, circular)
    }


def test_the_chapters_of_a_self_evaluation_in_their_order(report):
    lines = report.splitlines()
    headings = [line for line in lines if re.match("[一二三四五六七八九十]+、", line)]
    assert headings == [
        "一、义务教育基本情况",
        "二、主要创建举措及突出成效",
        "三、自评结果",
        "四、存在的主要问题及原因",
        "五、下一步打算",
    ]


def test_the_chapters_of_a_circular_in_their_order(notice):
    headings = re.findall("(?m)^[一二三四五六七八九十]+、.*|^（[一二三四]）.*", notice)
    assert headings == [
        "一、总体情况",
        "二、量化指标完成情况",
        "（一）资源配置情况",
        "（二）政府保障情况",
        "（三）教育质量情况",
        "三、特色亮点工作",
        "四、存在的问题和不足",
        "（一）指标不达标",
        "（二）校际差异",
        "（三）工作落实",
        "五、措施建议",
        "（一）补齐学校短板",
        "（二）落实工作责任",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "全县现有义务教育阶段学校28所。按办学类型分：小学19所、初级中学6所、九年一贯制学校3所",
        "按所在地分：乡村12所、镇区16所；按举办者分：公办28所",
        "全县义务教育在校生27813人，教学班641个，平均班额43.39人；教职工1945人，专任教师1903人",
        "自评达标25项，不达标3项，未填报或填报不全3项",
        "11\t学校规模\t2016人\t不高于2000人\t不达标",
        "24\t残疾儿童少年入学率\t97.67%\t不低于95%\t达标",
        "14\t特殊教育学校生均公用经费\t—（未填报）\t不低于6000元\t未填报",
        "12\t班级学生数\t208班\t0班\t不达标",
        "初中三年巩固率99.63%：2020年入学3526人，转入108人、转出77人，休学43人、复学30人，死亡1人，"
        "毕业3543人。学生流动收支平衡。",
        "超过45人的班级178个，其中56人及以上的大班额0个",
        "城关八小\t小学\t生均教学及辅助用房面积\t4.28\t4.5\t3.825\t0.22",
        "在校生数（人）\t全县\t2022\t28424\t27813\t-611\t减少",
        "城关一小\t小学\t生均体育运动场馆面积\t907.20平方米",
        "小学平均班额由42.80人变为41.89人",
        *TOLD_BY_BOTH,
    ],
)
def test_what_the_self_evaluation_says(report, sentence):
    assert sentence in report


@pytest.mark.parametrize(
    "sentence",
    [
        "小学高于规定学历教师1132人，平均每百名学生6.31人，校际间差异系数为0.34（标准为不高于0.5），"
        "差异系数达标，各校均不低于标准（4.2人）",
        "低于标准4.5平方米、但不低于其85%的有城关八小（4.28平方米，相差0.22平方米）",
        "小学教学仪器设备总值8182.97万元，生均4564元，校际间差异系数为0.22",
        "4.学校规模。超过2000人的小学、初中有1所：平罗四中（2016人）；",
        "一是学校规模不达标，超过2000人的小学、初中有1所：平罗四中（2016人）",
        "1.增加用房和场地。城关八小缺教学及辅助用房0.22平方米/生，共428.34平方米；"
        "城关一小缺体育运动场馆0.54平方米/生，共907.20平方米。"
        "（责任单位：教育局、发展改革局、财政局、自然资源局、有关学校）",
        "1.初中三年巩固率99.63%（标准为不低于95%）：入学3526人",
        *TOLD_BY_BOTH,
    ],
)
def test_what_the_circular_says(notice, sentence):
    assert sentence in notice


# No clerk writes these: codes of the program, signs for words, blanks within a sentence.
NEVER_WRITTEN = re.compile(
    r"\b[LGQ]\d\b|(?<!小)学部|[≥≤]|[一-鿿] \d|\d [一-鿿]|数据版本|\d{8}T\d+Z|\(|编号|[。；，]{2}"
)


@pytest.mark.parametrize(("code", "year"), [("640221", 2023), ("371002", 2021), ("370306", 2021)])
@pytest.mark.parametrize("document", [self_evaluation, circular])
def test_documents_are_written_in_official_chinese(published, document, code, year):
    text = text_of(document.render(published, county(published, code, year), Templates()))
    assert [line for line in text.split("\n") if NEVER_WRITTEN.search(line)] == []


def test_no_stamp_where_nothing_is_open(report, notice):
    for text in (report, notice):
        assert "草" not in text.split("一、")[0] and "※" not in text


def test_a_draft_says_so_on_every_page_and_at_every_figure_it_touches(published, draft):
    place = county(published, flawed.COUNTY, flawed.YEAR)
    tainted = published.rows(
        "select mean, cv from marts.county_coefficient where county_code = ? and school_year = ?"
        " and standard_id = '2017' and sections_tainted > 0",
        place.county_code,
        place.school_year,
    )
    assert tainted
    for content in draft.values():
        headers = [p.text for p in Document(BytesIO(content)).sections[0].header.paragraphs]
        assert "草　稿" in headers
        text = text_of(content)
        assert "尚有1条严重疑点未处理" in text and "带“※”的数字" in text
        for row in tainted:
            assert f"{row['mean']:.2f}※" in text
        assert "达标※" in text or "不判定※" in text


def test_no_number_under_a_flag_stands_unmarked(published, draft):
    rows = published.rows(
        "select school_name, value from marts.school_indicator where county_code = ?"
        " and standard_id = '2017' and is_tainted and verdict in ('floor', 'below')",
        flawed.COUNTY,
    )
    assert rows
    for row in rows:
        lines = [
            line.split("\t")
            for line in blocks(draft["self_evaluation"])
            if line.startswith(f"{row['school_name']}\t小学\t每百名学生拥有县级以上骨干教师数")
        ]
        assert lines and all(cell.endswith("※") for cell in (lines[0][3], lines[0][6]))


def test_a_county_with_one_stage_speaks_of_one(draft):
    for content in draft.values():
        text = text_of(content)
        assert "小学" in text and "初中\t" not in text and "初中共有教学班" not in text
    text = text_of(draft["self_evaluation"])
    assert "学生异动未填报" in text
    assert "没有更早学年的数据可以比较" in text


def test_what_is_missing_is_said_and_never_zero(published, draft):
    missing = published.rows(
        "select name_zh, cv, sections_missing from marts.county_coefficient"
        " join ref.indicator using (standard_id, indicator_id) where county_code = ?"
        " and standard_id = '2017' and sections_missing > 0",
        flawed.COUNTY,
    )
    assert missing
    for name in ("self_evaluation", "circular"):
        text = text_of(draft[name])
        for row in missing:
            sentence = re.search(rf"(?m)^\d\.{re.escape(formal(row['name_zh']))}。.*", text)[0]
            said = f"因有{row['sections_missing']}校缺数据，暂不判定"
            assert (said if row["cv"] is not None else "暂不能计算") in sentence
        assert "nan" not in text.lower() and "None" not in text


def test_names_from_raw_files_are_printed_as_they_are(published, draft):
    rows = published.rows(
        "select distinct school_name from marts.dim_school where county_code = ?"
        " and school_name like 'A&B%'",
        flawed.COUNTY,
    )
    (name,) = [row["school_name"] for row in rows]
    assert "<i>" in name
    texts = [text_of(content) for content in draft.values()]
    shown = name.replace("\x0b", "")
    assert any(shown in text for text in texts)


def test_a_district_speaks_of_itself_as_a_district(published):
    text = text_of(
        self_evaluation.render(published, county(published, "370306", 2021), Templates())
    )
    assert "全区现有义务教育阶段学校28所" in text and "全县" not in text
    assert "31项指标中没有不达标的项目" in text
    assert "各校七项指标均无需补足的缺口" in text


@pytest.mark.parametrize("document", [self_evaluation, circular])
def test_the_composite_is_told_of_a_single_year(published, document):
    # the headline of the report: 区域义务教育校际间综合差异系数小学为 0.4233、初中为 0.2896
    text = text_of(document.render(published, county(published, "370306", 2021), Templates()))
    assert "只公布，不作判定）：小学0.4233、初中0.2896。" in text


@pytest.mark.parametrize("document", [self_evaluation, circular])
@pytest.mark.parametrize(("code", "year"), [("370306", 2021), ("371002", 2021), ("321302", 2020)])
def test_no_article_and_no_draft_is_cited_as_a_standard(published, document, code, year):
    text = text_of(document.render(published, county(published, code, year), Templates()))
    assert "威海市义务教育优质均衡经验" not in text and "征求意见稿" not in text
    assert "≥ 99%" not in text and "不低于99%" not in text


def test_targets_of_a_plan_stand_beside_the_trend(published):
    text = text_of(
        self_evaluation.render(published, county(published, "321302", 2020), Templates())
    )
    assert "宿城区义务教育高质量发展三年（2019-2021）行动计划" in text
    assert "不低于15%" in text
