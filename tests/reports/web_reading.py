"""A report page in a browser, and the published cells that its numbers are held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import duckdb

from dagster_project.figures.published import CountyYear, Published
from dagster_project.figures.regions import Region
from dagster_project.figures.rounding import shown
from dagster_project.publish.book import keys_of_marts
from dagster_project.reports.folder import county_folder, region_folder
from dagster_project.reports.templates import Templates
from dagster_project.reports.web import document

HERE = Path(__file__).parent / "browser"
PHONE, DESK, PAPER = (360, 740), (1360, 900), (703, 1000)  # A4 less its margins, 96 dots an inch


@dataclass
class Site:
    """Report pages on disk, and the published version that they were written from."""

    warehouse: Path
    reports: Path
    pages: dict[object, Path] = field(default_factory=dict)

    def write(self, *places: CountyYear | Region) -> Site:
        with Published(self.warehouse) as published:
            for place in places:
                if isinstance(place, Region):
                    render = document.render_region
                    folder = region_folder(self.reports, place)
                else:
                    render = document.render
                    folder = county_folder(self.reports, place)
                folder.mkdir(parents=True)
                page = folder / "网页报告.html"
                page.write_bytes(render(published, place, Templates()))
                self.pages[place] = page
        return self

    def query(self, sql: str, *values) -> list[tuple]:
        database = Published(self.warehouse).version / "junheng.duckdb"
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(sql, list(values)).fetchall()


class Reader:
    """A page in the browser, and all that it asked for or complained about."""

    def __init__(self, browser, path: Path, size=DESK, **options) -> None:
        self.path = path
        self.complaints: list[str] = []
        self.page = browser.new_page(viewport={"width": size[0], "height": size[1]}, **options)
        self.page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._asked)
        self.page.goto(path.as_uri())

    def _asked(self, request) -> None:
        if not request.url.startswith("data:") and unquote(request.url) != unquote(
            self.path.as_uri()
        ):
            self.complaints.append(f"asked for {request.url}")

    def run(self, file: str, *about: str):
        """What a script of the folder ``browser`` returns."""
        return self.page.evaluate((HERE / file).read_text("utf-8"), *about)

    def size(self, size: tuple[int, int]) -> None:
        """Make the window so wide and high."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def as_opened(self) -> Reader:
        """The page on a desk with nothing searched, opened or printed."""
        self.page.emulate_media(media="screen", color_scheme="light")
        self.size(DESK)
        self.run("reset.js")
        return self

    def overflow(self) -> int:
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


def cell_of(site: Site, source: str):
    """The value of the mart cell that ``data-source`` names: exactly one row."""
    table, key, column = source.split("|")
    names, values = keys_of_marts()[table], [unquote(value) for value in key.split(",")]
    where = " and ".join(f"coalesce(cast({name} as varchar), '') = ?" for name in names)
    rows = site.query(f"select {column} from marts.{table} where {where}", *values)
    assert len(rows) == 1, source
    return rows[0][0]


class Cells:
    """Marts in memory, read once, so that thousands of figures can be compared."""

    def __init__(self, site: Site) -> None:
        self._site, self._tables = site, {}
        self._keys = keys_of_marts()

    def __call__(self, source: str):
        table, key, column = source.split("|")
        if table not in self._tables:
            database = Published(self._site.warehouse).version / "junheng.duckdb"
            with duckdb.connect(str(database), read_only=True) as connection:
                result = connection.execute(f"select * from marts.{table}")
                names = [entry[0] for entry in result.description]
                rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
            name = self._keys[table]
            self._tables[table] = {
                tuple("" if row[k] is None else str(row[k]) for k in name): row for row in rows
            }
        return self._tables[table][tuple(unquote(value) for value in key.split(","))][column]


def compare(reader: Reader, site: Site, within: str = "body") -> int:
    """Hold every number of the page against its cell; returns how many there are."""
    numbers, cells = reader.run("numbers.js", within), Cells(site)
    wrong = []
    for source, kind, value, text, _ in numbers["told"]:
        actual = cells(source)
        if kind is None:
            if actual is not None or not text.startswith("—"):
                wrong.append(f"{source}: {text!r} where the cell holds {actual}")
        elif actual is None or text != shown(actual, kind) or float(value) != float(actual):
            wrong.append(f"{source}: {text!r} where the cell holds {actual}")
    assert wrong == []
    return len(numbers["told"])
