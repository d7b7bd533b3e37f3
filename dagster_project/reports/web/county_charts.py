"""The charts of a county's page, drawn from the same rows as the figures beside them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from dagster_project.figures.figure import cell_of
from dagster_project.figures.rounding import kind_of_unit, shown
from dagster_project.figures.rows import Row
from dagster_project.reports.web.charts.bars import bar, reach, stack, step
from dagster_project.reports.web.charts.histogram import bins, histogram
from dagster_project.reports.web.charts.strip import Dot, Line, strip
from dagster_project.reports.web.charts.svg import Scale, from_zero, plain
from dagster_project.reports.web.charts.years import Course, years
from dagster_project.reports.web.county_rows import CountyRows
from dagster_project.words import words as codes

FEWEST_YEARS = 2
"""A line needs so many school years."""


class CountyCharts:
    """Draws; ``words`` is the wording of the web report."""

    def __init__(self, page: CountyRows, words: dict[str, Any]) -> None:
        self._page = page
        self._words = words
        self._chart = words["charts"]
        self._verdicts = words["verdicts"]

    def strip(self, indicator: Row, stage: str) -> Markup:
        """All sections of a stage against threshold, floor and the county's mean."""
        rows = [
            r
            for r in self._page["sections"]
            if r["indicator_id"] == indicator["indicator_id"] and r["value"] is not None
        ]
        here = [r for r in rows if r["stage"] == stage]
        if not here:
            return Markup()
        kind = kind_of_unit(indicator["unit"])
        whole = self._page.coefficient(indicator["indicator_id"], stage)
        threshold, floor = here[0]["threshold"], here[0]["floor"]
        lines = []
        if threshold is not None:
            lines += [
                Line(floor, "floor", self._chart["floor"]),
                Line(
                    threshold, "threshold", self._chart["threshold"].format(value=plain(threshold))
                ),
            ]
        mean = whole["mean"] if whole else None
        if mean is not None:
            lines.append(Line(mean, "mean", self._chart["mean"]))
        scale = from_zero([*(r["value"] for r in here), threshold, mean])
        names = [self.name(r) for r in here if r["verdict"] in ("floor", "below")]
        told = self._chart["strip_plain" if threshold is None else "strip_text"].format(
            sections=len(here),
            low=shown(min(r["value"] for r in here), kind),
            high=shown(max(r["value"] for r in here), kind),
            mean=shown(mean, kind),
            threshold="" if threshold is None else plain(threshold),
            floor="" if floor is None else plain(floor),
            below="、".join(names) or self._chart["nobody"],
        )
        title = self._chart["strip"].format(
            stage=self._words["stages"][stage], indicator=indicator["name_zh"]
        )
        return strip([self._dot(r, kind) for r in here], lines, scale, title, told)

    def name(self, row: Row) -> str:
        """The school's name, or its id where the file has none."""
        return row["school_name"] or row["school_id"]

    def _dot(self, row: Row, kind: str) -> Dot:
        verdict = row["verdict"] or "none"
        said = self._verdicts[verdict]
        words = f"{self.name(row)} {shown(row['value'], kind)}"
        if row["threshold"] is not None:
            words += f"（{said['word']}）"
        if row["is_tainted"]:
            words += f" {self._words['tainted']}"
        shape, style = said["shape"], verdict + (" tainted" if row["is_tainted"] else "")
        return Dot(
            row["value"], shape, style, words, cell_of("school_indicator", row, "value").address
        )

    def against_limit(self, row: Row) -> Markup:
        """One coefficient as a bar, with its limit."""
        if row["cv"] is None:
            return Markup()
        rows = self._page["coefficients"]
        scale = from_zero([v for r in rows for v in (r["cv"], r["cv_limit"])])
        limit = [] if row["cv_limit"] is None else [(row["cv_limit"], "limit")]
        return bar(row["cv"], scale, row["verdict"] or "none", limit)

    def history(self, indicator: Row) -> Markup:
        """The indicator's coefficients over the years; empty before there are two of them."""
        rows = [
            r
            for r in self._page["trend"]
            if r["item_id"] == indicator["indicator_id"] and r["value"] is not None
        ]
        every = sorted({r["school_year"] for r in rows})
        if len(every) < FEWEST_YEARS:
            return Markup()
        courses, told = [], []
        for stage, shape in (("primary", "dot"), ("junior", "square")):
            course = {r["school_year"]: r for r in rows if r["stage"] == stage}
            if not course:
                continue
            name = self._words["stages"][stage]
            courses.append(
                Course(
                    name=name,
                    kind=stage,
                    shape=shape,
                    values={year: r["value"] for year, r in course.items()},
                    limits={y: r["threshold"] for y, r in course.items() if r["threshold"]},
                    titles={
                        y: f"{name} {y} {shown(r['value'], 'coefficient')}"
                        for y, r in course.items()
                    },
                )
            )
            values = "、".join(
                f"{y}年{shown(r['value'], 'coefficient')}" for y, r in sorted(course.items())
            )
            limit = course[max(course)]["threshold"]
            told.append(
                self._chart["course"].format(
                    stage=name, values=values, limit=plain(limit) if limit else "—"
                )
            )
        title = self._chart["years"].format(indicator=indicator["name_zh"])
        said = self._chart["years_text"].format(courses="；".join(told))
        return years(courses, range(every[0], every[-1] + 1), title, said)

    def contribution(self, row: Row, value: Row | None, mean: float | None) -> Markup:
        """A share of the variance; above or below the mean is told by colour and by a word."""
        side = "none" if value is None or mean is None else self.side(value["value"], mean)
        most = max(r["share"] for r in self._page["contributions"])
        return bar(row["share"], Scale(0, most), side)

    @staticmethod
    def side(value: float, mean: float) -> str:
        return "above" if value >= mean else "under"

    def class_sizes(self, stage: str, term: str) -> Markup:
        """Classes by the mean size of their section, with the limits of the stage."""
        rows = [
            r
            for r in self._page["classes"]
            if r["stage"] == stage and r["term"] == term and r["mean_size"] and r["classes"]
        ]
        if not rows:
            return Markup()
        counted = bins((r["mean_size"], r["classes"]) for r in rows)
        limits = self.limits(stage)
        lines = [(limits[0], self._chart["limit"].format(value=plain(limits[0])))]
        lines += [(at, self._chart["from"].format(value=plain(at))) for at in limits[1:]]
        told = "、".join(
            self._chart["bin"].format(low=low, high=low + 5, classes=plain(classes))
            for low, classes in counted.items()
        )
        title = self._chart["sizes"].format(stage=self._words["stages"][stage])
        said = self._chart["sizes_text"].format(
            bins=told, **dict(zip(("limit", "oversize", "super"), map(plain, limits), strict=True))
        )
        return histogram(counted, lines, title, said)

    def limits(self, stage: str) -> list[float]:
        """Largest standard class, and from where a class is oversize and super, in pupils."""
        names = (f"class_limit_{stage}", "oversize_from", "super_from")
        return [float(self._page.figures.ref.setting(name)) for name in names]

    def class_reach(self, row: Row) -> Markup:
        """A section's mean class and its largest one."""
        if row["mean_size"] is None:
            return Markup()
        limit, oversize, super_ = self.limits(row["stage"])
        top = max((r["largest_class"] or 0 for r in self._page["classes"]), default=0)
        scale = Scale(0, max(super_ + 4, top + 2))
        lines = [(limit, "limit"), (oversize, "floor"), (super_, "floor")]
        return reach(row["mean_size"], row["largest_class"], scale, lines, self.name(row))

    def items(self, counts: dict[str, int]) -> Markup:
        """How many items came to which verdict."""
        return stack(
            [
                (counts.get(v, 0), v, f"{self._verdicts[v]['word']}{counts.get(v, 0)}")
                for v in codes("verdict")
                if v in counts or v in ("met", "not_met", "not_reported", "not_due")
            ],
            self._chart["items"],
        )

    def flow(self, row: Row) -> list[tuple[str, str, Markup]]:
        """The steps from entrants to graduates: column, sign and bar, on a scale cut below."""
        steps = [
            ("transfers_in", 1),
            ("resumed", 1),
            ("transfers_out", -1),
            ("suspended", -1),
            ("dropouts", -1),
            ("deaths", -1),
        ]
        # These are rare, or known of nine years only; dropouts are shown also when there are none.
        steps += [
            (column, sign)
            for column, sign in (("completions", -1), ("still_enrolled", -1), ("arrivals", 1))
            if row[column]
        ]
        start = row["entrants"]
        if start is None or row["graduates"] is None:
            return []
        at, edges = start, [start, row["graduates"]]
        for column, sign in steps:
            at += sign * (row[column] or 0)
            edges.append(at)
        span = (max(edges) - min(edges)) or max(edges) or 1
        low = max(min(edges) - span * 0.5, 0.0)
        scale = Scale(low, max(edges) + span * 0.05)
        drawn = [("entrants", "", step(low, start, scale, "whole"))]
        at = start
        for column, sign in steps:
            after = at + sign * (row[column] or 0)
            kind = "more" if sign > 0 else "fewer"
            drawn.append((column, "+" if sign > 0 else "−", step(at, after, scale, kind)))
            at = after
        drawn.append(("graduates", "=", step(low, row["graduates"], scale, "whole")))
        return drawn
