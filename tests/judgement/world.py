"""A small county in a real lake: files written, read, selected and judged as in a load."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq

from dagster_project.judgement.judge import Limits, judge
from dagster_project.judgement.outcome import Judged
from dagster_project.lake.ingest import ingest
from dagster_project.lake.reference import write_reference
from dagster_project.lake.selection import select
from dagster_project.lake.store import Lake
from dagster_project.sample import write_pingluo

# A catalogue small enough to say by hand what it must find.
RULES = """
defaults:
  frame: section
  when: 每次
  source: test
  owner: school
rules:
  - id: girls_exceed_graduates
    title_zh: 毕业女生多于毕业生
    title_en: more girls than graduates
    severity: hard
    fields: [graduates_girls, graduates]
    fails_when: graduates_girls > graduates
    observed: graduates_girls
    expected: 不超过 {graduates}
    message: 毕业女生 {graduates_girls} 人，多于毕业生 {graduates} 人。
    meaning: 部分大于整体
    resolve: 核对两个数。
    taints: [L1]
    tests: {pass: [{graduates_girls: 1, graduates: 2}], fail: [{graduates_girls: 3, graduates: 2}]}
  - id: many_pupils
    title_zh: 学生很多
    title_en: many pupils
    severity: soft
    fields: [pupils]
    fails_when: pupils > 9000
    observed: pupils
    expected: 不超过 9000
    message: 在校生 {pupils} 人。
    meaning: 也许多了一位
    resolve: 核对。
    tests: {pass: [{pupils: 5}], fail: [{pupils: 9001}]}
"""
BROKEN = """
  - id: breaks
    title_zh: 坏规则
    title_en: breaks on data
    severity: hard
    fields: [pupils]
    fails_when: school_name::integer > 1
    observed: pupils
    expected: 无
    message: 在校生 {pupils} 人。
    meaning: 无
    resolve: 无
    tests: {pass: [{school_name: "1"}], fail: [{school_name: "2"}]}
"""
GIRLS, GRADUATES, PUPILS = "Y6", "X6", "AN7"


class World:
    """raw/, the lake and the judgement of one small county below ``root``."""

    def __init__(self, root: Path, rules: str = RULES) -> None:
        self.root = root
        self.raw = root / "raw"
        self.lake = Lake(root / "lake")
        self.file = next(p for p in write_pingluo(self.raw, "flat") if "小学" in p.name)
        self.rules(rules)

    def rules(self, text: str) -> None:
        folder = self.root / "expectations" / "rules"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "record.yml").write_text(text, "utf-8")

    def report(self, **cells: float) -> None:
        """Put other figures into the primary schools' file."""
        book = openpyxl.load_workbook(self.file)
        for cell, value in cells.items():
            book.active[cell] = value
        book.save(self.file)

    def figure(self, cell: str) -> float:
        return openpyxl.load_workbook(self.file).active[cell].value

    def judge(self, **options) -> Judged:
        ingest(self.raw, self.lake)
        write_reference(self.lake, self.raw)
        shutil.rmtree(self.root / "selection", ignore_errors=True)
        select(self.lake, self.root / "selection", options.get("as_of"))
        return judge(
            self.lake, self.root / "selection", self.root / "judgement",
            limits=Limits(self.root / "work"), raw=self.raw,
            catalogue_folder=self.root / "expectations", **options,
        )  # fmt: skip

    def table(self, name: str) -> list[dict]:
        return pq.read_table(self.root / "judgement" / f"{name}.parquet").to_pylist()

    def flags(self) -> dict[str, dict]:
        """The flags by rule; where a rule has several, by rule and status."""
        rows = self.table("flag")
        rules = [row["rule_id"] for row in rows]
        return {
            r["rule_id"] if rules.count(r["rule_id"]) == 1 else f"{r['rule_id']} {r['status']}": r
            for r in rows
        }

    def review(self, name: str, *lines: str) -> Path:
        path = self.raw / "reviews" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(("flag_id,decision,explanation,reviewer,date", *lines)), "utf-8")
        return path
