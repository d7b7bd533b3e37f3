"""What the computing costs without a pipeline around it: read, compute, write Parquet.

``python -m tests.benchmarks.bare workbooks|flat|lake INPUT POINTS.csv OUT`` reads the needed
figures of the sample's files (or of a lake), runs :file:`bare.sql` and writes the four marts to
``OUT``. ``POINTS.csv`` names the parents of teaching points. It knows the sample's layout by
heart, trusts every cell and keeps no origin, status, flag, log or version.
That is the point: it is the floor that the real load is compared with.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import duckdb
import pyarrow as pa

HERE = Path(__file__).parent
SEEDS = HERE.parents[1] / "dbt" / "seeds"
MARTS = ("school_indicator", "school_attainment", "county_coefficient", "cv_contribution")
THREADS, MEMORY_LIMIT = 2, "2GB"  # the same as a load's

TEXTS = (
    "county_code",
    "county_name",
    "school_id",
    "school_name",
    "school_type_code",
    "sponsor_code",
    "urban_rural_code",
)
FIGURES = (
    "pupils",
    "classes",
    "teachers",
    "teachers_doctor",
    "teachers_master",
    "teachers_bachelor",
    "teachers_associate",
    "backbone_teachers",
    "teachers_pe",
    "teachers_arts",
    "teaching_area_m2",
    "indoor_sports_area_m2",
    "sports_ground_area_m2",
    "equipment_value_yuan",
    "multimedia_rooms",
    "computers",
    "books",
    "teachers_title_full_senior",
    "teachers_title_associate_senior",
    "teachers_title_intermediate",
)
STAGES = {"小学": "primary", "初中": "junior", "高中": "senior"}
YUAN = 10_000  # equipment stands in 万元


# ---------------------------------------------------------------------- flat csv

_FLAT_TEXTS = ("所在地区编码", "统计三级", "机构编码", "机构名称", "办学类型编码", "举办者类型编码")
FLAT_COLUMNS = dict(zip((*TEXTS[:6],), _FLAT_TEXTS, strict=True)) | {
    "urban_rural_code": "城乡类型编码",
    "pupils": "在校生数>合计",
    "classes": "班数>合计",
    "teachers": "专任教师>合计",
    "teachers_doctor": "专任教师>#按学历分>博士研究生",
    "teachers_master": "专任教师>#按学历分>硕士研究生",
    "teachers_bachelor": "专任教师>#按学历分>本科",
    "teachers_associate": "专任教师>#按学历分>专科",
    "teachers_pe": "专任教师>#按授课课程分>体育与健康",
    "teachers_arts": "专任教师>#按授课课程分>艺术>计",
    "teaching_area_m2": "教学及辅助用房>计",
    "indoor_sports_area_m2": "教学及辅助用房>公共教学用房>室内体育用房",
    "sports_ground_area_m2": "占地面积>#运动场地面积",
    "equipment_value_yuan": "固定资产总值>#教学仪器设备资产值>计(万元)",
    "multimedia_rooms": "教室>#网络多媒体教室",
    "computers": "数字终端>教学用终端",
    "books": "图书>合计",
    "teachers_title_full_senior": "专任教师>#按职称分>正高级",
    "teachers_title_associate_senior": "专任教师>#按职称分>副高级",
    "teachers_title_intermediate": "专任教师>#按职称分>中级",
}
BACKBONE = ("教基1102>县级以上骨干教师(小学)", "教基1102>县级以上骨干教师(初中)")
HEADER_ROWS = 4


def flat(raw: Path) -> pa.Table:
    """The needed columns of every flat csv below ``raw``, read by Arrow."""
    return pa.concat_tables([_flat_file(path) for path in sorted(raw.glob("*/*/*.csv"))])


def _flat_file(path: Path) -> pa.Table:
    from pyarrow import csv

    places, width = _flat_places(path)
    columns = {name: str(places[label]) for name, label in FLAT_COLUMNS.items() if label in places}
    for label in BACKBONE:  # each stage has its own; senior schools have none
        if label in places:
            columns["backbone_teachers"] = str(places[label])
    kinds = {columns[name]: pa.string() for name in TEXTS}
    kinds |= {columns[name]: pa.float64() for name in FIGURES if name in columns}
    table = csv.read_csv(
        path,
        csv.ReadOptions(
            encoding="gb18030",
            skip_rows=HEADER_ROWS,
            column_names=[str(place) for place in range(width)],
        ),
        convert_options=csv.ConvertOptions(include_columns=list(kinds), column_types=kinds),
    )
    rows = table.num_rows
    arrays = {name: table.column(columns[name]) for name in columns}
    stage = STAGES[path.stem.rpartition("_")[2]]
    return _table(arrays, rows, stage, int(path.parts[-3]))


def _flat_places(path: Path) -> tuple[dict[str, int], int]:
    """Header path of every column → its place; a merged label stands in its first cell only."""
    with path.open(encoding="gb18030") as file:
        rows = [next(file).rstrip("\n").split(",") for _ in range(HEADER_ROWS)]
    return header_places(rows), len(rows[0])


def header_places(rows: list[list[str]]) -> dict[str, int]:
    """Header path → place of its column, of the rows of a header."""
    paths: list[list[str]] = []
    for place in range(len(rows[0])):
        leaf = max(depth for depth, row in enumerate(rows) if row[place])
        above = paths[-1] if paths else []
        paths.append([row[place] or above[depth] for depth, row in enumerate(rows[: leaf + 1])])
    return {">".join(path): place for place, path in enumerate(paths)}


def _table(arrays: dict, rows: int, stage: str, school_year: int) -> pa.Table:
    import pyarrow.compute as pc

    made = {name: arrays[name] for name in TEXTS}
    for name in FIGURES:
        made[name] = arrays.get(name, pa.nulls(rows, pa.float64()))
    made["equipment_value_yuan"] = pc.multiply(made["equipment_value_yuan"], float(YUAN))
    made["stage"] = pa.repeat(stage, rows)
    made["school_year"] = pa.repeat(school_year, rows)
    return pa.table(made)


# ---------------------------------------------------------------------- workbooks

# Official address of a figure: form, 代码 of the row, number of the column.
SCHOOL_CELLS = {
    "teaching_area_m2": ("教基5170", "5", "1"),
    "indoor_sports_area_m2": ("教基5170", "12", "1"),
    "sports_ground_area_m2": ("教基5176", "3", "1"),
    "books": ("教基5176", "8", "1"),
    "computers": ("教基5176", "10", "1"),
    "multimedia_rooms": ("教基5176", "13", "1"),
    "equipment_value_yuan": ("教基5176", "15", "1"),
}
STAGE_CELLS = {
    "primary": {
        "pupils": [("教基3112", "1", "7")],
        "classes": [("教基2106", "1", "1")],
        "backbone_teachers": [("教基1102", "8", "1")],
        "teachers": [("教基4155", "1", "1")],
        "teachers_doctor": [("教基4155", "4", "1")],
        "teachers_master": [("教基4155", "5", "1")],
        "teachers_bachelor": [("教基4155", "6", "1")],
        "teachers_associate": [("教基4155", "7", "1")],
        "teachers_pe": [("教基4155", "1", "10")],
        "teachers_arts": [("教基4155", "1", n) for n in ("12", "13", "14")],
        "teachers_title_full_senior": [("教基4153", "13", "1")],
        "teachers_title_associate_senior": [("教基4153", "14", "1")],
        "teachers_title_intermediate": [("教基4153", "15", "1")],
    },
    "junior": {
        "pupils": [("教基3115", "1", "3")],
        "classes": [("教基2107", "1", "1")],
        "backbone_teachers": [("教基1102", "9", "1")],
        "teachers": [("教基4156", "1", "1")],
        "teachers_doctor": [("教基4156", "4", "1")],
        "teachers_master": [("教基4156", "5", "1")],
        "teachers_bachelor": [("教基4156", "6", "1")],
        "teachers_associate": [("教基4156", "7", "1")],
        "teachers_pe": [("教基4156", "1", "19")],
        "teachers_arts": [("教基4156", "1", n) for n in ("20", "21", "22")],
        "teachers_title_full_senior": [("教基4153", "22", "1")],
        "teachers_title_associate_senior": [("教基4153", "23", "1")],
        "teachers_title_intermediate": [("教基4153", "24", "1")],
    },
    "senior": {"pupils": [("教基3118", "1", "3")]},
}
IDENTITY = {
    "school_id": "1",
    "school_name": "2",
    "urban_rural_code": "17",
    "county_name": "18",
    "county_code": "19",
    "sponsor_code": "21",
    "school_type_code": "24",
}
ADDRESSES = {
    stage: {**{name: [cell] for name, cell in SCHOOL_CELLS.items()}, **cells}
    for stage, cells in STAGE_CELLS.items()
}
FORMS = {form for cells in ADDRESSES.values() for found in cells.values() for form, _, _ in found}


def workbooks(raw: Path) -> pa.Table:
    """The needed cells of every workbook below ``raw``, read by calamine."""
    rows = [row for path in sorted(raw.rglob("*.xlsx")) for row in _workbook(path)]
    return pa.Table.from_pylist(
        rows,
        pa.schema(
            [(name, pa.string()) for name in (*TEXTS, "stage")]
            + [("school_year", pa.int32())]
            + [(name, pa.float64()) for name in FIGURES]
        ),
    )


def _workbook(path: Path) -> list[dict]:
    """A row for each stage with pupils."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(str(path))
    cells: dict[tuple[str, str, str], str] = {}
    for name in book.sheet_names:
        form = name.partition("_")[0]
        if form == "教基1001" or form in FORMS:
            cells |= _cells(form, book.get_sheet_by_name(name).to_python())
    school = {name: str(cells["教基1001", row, "1"]) for name, row in IDENTITY.items()}
    school["county_code"] = school["county_code"][:6]
    school["county_name"] = re.sub(r".+市|教育局", "", school["county_name"])
    found = []
    for stage, addresses in ADDRESSES.items():
        figures = {name: _sum([cells.get(cell) for cell in at]) for name, at in addresses.items()}
        if figures["pupils"]:
            figures["equipment_value_yuan"] *= YUAN
            found.append({**school, **figures, "stage": stage, "school_year": _year(path)})
    return found


def _cells(form: str, rows: list[list]) -> dict[tuple[str, str, str], str]:
    """Figures of a form under their address, below its row 甲 乙 1 2 3 …"""
    top = next(number for number, row in enumerate(rows) if row[0] == "甲")
    numbers = {str(label): place for place, label in enumerate(rows[top]) if str(label).isdigit()}
    code = next(
        (place for row in rows[:top] for place, cell in enumerate(row) if cell == "代码"), 1
    )
    return {
        (form, str(row[code]), number): row[place]
        for row in rows[top + 1 :]
        for number, place in numbers.items()
    }


def _sum(tokens: list[object]) -> float | None:
    numbers = [float(token) for token in tokens if re.fullmatch(r"[0-9.]+", str(token))]
    return sum(numbers) if numbers else None


def _year(path: Path) -> int:
    return int(path.parts[path.parts.index("autumn") - 1])


# ---------------------------------------------------------------------- lake


def lake(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The needed columns of the newest reading of every section of a lake."""
    columns = ", ".join((*TEXTS, *FIGURES, "stage", "school_year"))
    connection.execute(
        f"create view section as select {columns} from read_parquet('{folder}/section/*/*.parquet')"
    )


# ---------------------------------------------------------------------- computing


def compute(connection: duckdb.DuckDBPyConnection, points: Path, out: Path) -> None:
    """Run :file:`bare.sql` over the table ``section`` and write the marts to ``out``."""
    for seed in ("school_type", "sponsor", "urban_rural", "split_weight"):
        connection.execute(
            f"create table {seed} as from read_csv('{SEEDS / seed}.csv', types = {_codes(seed)})"
        )
    connection.execute(
        f"""
        create table rule as
        select
            standard.indicator_id, standard.stage, standard.standard_id,
            standard.threshold::double as threshold,
            (standard.threshold * standard.floor_ratio)::double as floor,
            standard.cv_limit::double as cv_limit,
            indicator.multiplier, indicator.denominator, standard_rule.includes_private
        from read_csv('{SEEDS / "standard"}.csv', types = {{'threshold': 'decimal(18, 4)',
            'floor_ratio': 'decimal(18, 4)', 'standard_id': 'varchar'}}) as standard
        inner join read_csv('{SEEDS / "indicator"}.csv', types = {{'standard_id': 'varchar'}})
            as indicator using (indicator_id, standard_id)
        inner join read_csv('{SEEDS / "standard_rule"}.csv', types = {{'standard_id': 'varchar'}})
            as standard_rule using (standard_id, stage)
        """
    )
    connection.execute(
        "create table point as select school_id, parent_school_id from"
        f" read_csv('{points}', all_varchar = true)"
        if points.exists()
        else "create table point (school_id varchar, parent_school_id varchar)"
    )
    connection.execute((HERE / "bare.sql").read_text("utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    for mart in MARTS:
        connection.execute(
            f"copy {mart} to '{out / mart}.parquet' (format parquet, compression zstd)"
        )


def _codes(seed: str) -> str:
    head = (SEEDS / f"{seed}.csv").read_text("utf-8").partition("\n")[0].split(",")
    return "{" + ", ".join(f"'{name}': 'varchar'" for name in head if name.endswith("_code")) + "}"


def main(shape: str, source: Path, points: Path, out: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {THREADS}")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("set preserve_insertion_order = false")
        if shape == "lake":
            lake(connection, source)
        else:
            connection.register("read", {"flat": flat, "workbooks": workbooks}[shape](source))
            connection.execute("create view section as from read")
        compute(connection, points, out)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:5]))
