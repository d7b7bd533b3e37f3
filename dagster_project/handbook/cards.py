"""What the index of a warehouse leads to."""

from __future__ import annotations

from dataclasses import dataclass

from dagster_project.settings import DATABASE


@dataclass(frozen=True)
class Card:
    """One entry; ``href`` is relative to the warehouse and shown where the file exists."""

    href: str
    zh: str
    en: str
    note_zh: str
    note_en: str


CARDS = (
    Card("reports/", "年度报告", "Yearly reports", "自评报告、督查通报、附表、网页报告",
         "self-evaluation, circular, annex workbook, web page"),
    Card("handbook/dictionary.html", "数据字典", "Data dictionary", "每张表、每一列的含义",
         "what every table and column means"),
    Card("handbook/queries.html", "示例查询", "Example queries", "常见问题的现成查询",
         "ready queries for common questions"),
    Card("handbook/guides.html", "使用指南", "Guides", "DuckDB、DBeaver、Python、R、Excel",
         "DuckDB, DBeaver, Python, R, Excel"),
    Card("handbook/models.html", "计算模型", "Models", "dbt 文档：公式与数据流向",
         "dbt's pages: formulas and lineage"),
    Card("quality/index.html", "数据审查", "Validation", "Great Expectations 审查结果",
         "what Great Expectations has validated"),
    Card("corrections/", "更正清单", "Correction lists", "各校需核实、更正的数据",
         "what every school has to check or correct"),
    Card(DATABASE, "数据库", "Database", "DuckDB 1.2 及以后版本可只读打开",
         "opens read-only with DuckDB from 1.2 on"),
    Card("published/manifest.json", "Parquet 文件", "Parquet files",
         "published/ 下与数据库相同的表",
         "the same tables, below published/"),
    Card("published/restatement.md", "数据更正说明", "Restatement", "本次发布改动了哪些已公布数据",
         "which published figures this publication moved"),
)  # fmt: skip
