"""Books as bytes; workbooks tag by tag, so that a mutation can write what no library would."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter

from tests.hostile.books import Book, Cell, Sheet

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RAISED = '<rPr><vertAlign val="superscript"/></rPr>'
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def written(book: Book) -> bytes:
    """The book in its form."""
    return {"xlsx": xlsx, "xls": xls, "csv": csv_text}[book.form](book)


def csv_text(book: Book) -> bytes:
    text = io.StringIO()
    rows = [["" if c.value is None else c.value for c in row] for row in book.sheets[0].rows]
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(book.codec, "replace")


def xls(book: Book) -> bytes:
    import xlwt

    made = xlwt.Workbook(encoding="utf-8")
    for sheet in book.sheets:
        target = made.add_sheet(sheet.title[:31], cell_overwrite_ok=True)
        target.visibility = {"visible": 0, "hidden": 1, "veryHidden": 2}[sheet.state]
        for r, row in enumerate(sheet.rows):
            if r in sheet.hidden_rows:
                target.row(r).hidden = True
            for c, cell in enumerate(row):
                _xls_cell(target, r, c, cell)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def _xls_cell(target, r: int, c: int, cell: Cell) -> None:
    import xlwt

    if cell.raw is not None:
        target.write(r, c, xlwt.Formula(cell.raw[1]))
        if cell.raw[0]:
            target.row(r)._Row__cells[c] = _StoredZero(r, c)
    elif cell.runs:
        raised = xlwt.Font()
        raised.escapement = xlwt.Font.ESCAPEMENT_SUPERSCRIPT
        fonts = {True: raised, False: xlwt.Font()}
        target.write_rich_text(r, c, [(text, fonts[is_raised]) for text, is_raised in cell.runs])
    elif cell.value is not None:
        style = xlwt.easyxf(num_format_str=cell.style) if cell.style else None
        target.write(r, c, cell.value, *([style] if style else []))


class _StoredZero:
    """A formula as programs leave it that cannot calculate: a zero, to be calculated on opening."""

    def __init__(self, row: int, column: int) -> None:
        self.place = row, column

    def get_biff_data(self) -> bytes:
        formula = struct.pack("<HBHH", 5, 0x44, 0, 0)  # =A1
        content = struct.pack("<HHHdHI", *self.place, 15, 0.0, 2, 0) + formula
        return struct.pack("<HH", 6, len(content)) + content


class _Strings:
    """The table of shared texts."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, xml: str) -> int:
        if xml not in self._numbers:
            self._numbers[xml] = len(self.items)
            self.items.append(xml)
        return self._numbers[xml]


def xlsx(book: Book) -> bytes:
    strings, styles = _Strings(), ["General", "@"]
    sheets = [_sheet(sheet, strings, styles) for sheet in book.sheets]
    entries = "".join(
        f'<sheet name={quoteattr(sheet.title)} sheetId="{n}" state="{sheet.state}" r:id="rId{n}"/>'
        for n, sheet in enumerate(book.sheets, 1)
    )
    count = len(book.sheets)
    relations = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, count + 1)]
    relations += [("rIdS", "styles", "styles.xml"), ("rIdT", "sharedStrings", "sharedStrings.xml")]
    types = [("/xl/workbook.xml", "sheet.main"), ("/xl/styles.xml", "styles"),
             ("/xl/sharedStrings.xml", "sharedStrings")]  # fmt: skip
    types += [(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in range(1, count + 1)]
    overrides = "".join(
        f'<Override PartName="{part}" ContentType="{_TYPE}.{kind}+xml"/>' for part, kind in types
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        f' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}'
        "</Types>",
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}'
        f"</sheets>{book.workbook_xml}</workbook>",
        "xl/_rels/workbook.xml.rels": _relations(relations),
        "xl/styles.xml": _styles(styles),
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">'
        + "".join(f"<si>{item}</si>" for item in strings.items) + "</sst>",
    }  # fmt: skip
    parts |= {f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets, 1)}
    return zipped({name: _HEAD + xml for name, xml in parts.items()})


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip of these parts that is the same whenever it is made: its parts tell no time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            part = zipfile.ZipInfo(name)
            part.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(part, content)
    return buffer.getvalue()


def _relations(found) -> str:
    lines = "".join(
        f'<Relationship Id="{rid}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for rid, kind, target in found
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _styles(formats: list[str]) -> str:
    own = "".join(f"<numFmt numFmtId=\"{200 + n}\" formatCode={quoteattr(code)}/>"
                  for n, code in enumerate(formats))  # fmt: skip
    xfs = "".join(f'<xf numFmtId="{200 + n}" fontId="0" fillId="0" borderId="0" xfId="0"'
                  ' applyNumberFormat="1"/>' for n in range(len(formats)))  # fmt: skip
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(formats)}">{own}</numFmts>'
        '<fonts count="1"><font><sz val="11"/></font></fonts><fills count="1"><fill/></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        f'<cellXfs count="{len(formats)}">{xfs}</cellXfs></styleSheet>'
    )


def _sheet(sheet: Sheet, strings: _Strings, styles: list[str]) -> str:
    rows = []
    for r, row in enumerate(sheet.rows, 1):
        cells = "".join(
            _cell(f"{get_column_letter(c)}{r}", cell, strings, styles)
            for c, cell in enumerate(row, 1)
            if cell.value is not None or cell.raw is not None or cell.runs
        )
        hidden = ' hidden="1"' if r - 1 in sheet.hidden_rows else ""
        more = sheet.more_xml if r == len(sheet.rows) else ""
        rows.append(f'<row r="{r}"{hidden}>{cells}{more}</row>')
    merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in sheet.merges)
    merges = f'<mergeCells count="{len(sheet.merges)}">{merges}</mergeCells>' if merges else ""
    data = f"<sheetData>{''.join(rows)}</sheetData>"
    return f'<worksheet xmlns="{_MAIN}">{data}{merges}</worksheet>'


def _cell(address: str, cell: Cell, strings: _Strings, styles: list[str]) -> str:
    style = ""
    if cell.style:
        if cell.style not in styles:
            styles.append(cell.style)
        style = f' s="{styles.index(cell.style)}"'
    if cell.raw is not None:
        attributes, inner = cell.raw
        return f'<c r="{address}"{style}{attributes}>{inner}</c>'
    if cell.runs:
        runs = "".join(
            f'<r>{_RAISED if raised else ""}<t xml:space="preserve">{escape(text)}</t></r>'
            for text, raised in cell.runs
        )
        return f'<c r="{address}"{style} t="s"><v>{strings.number(runs)}</v></c>'
    if isinstance(cell.value, bool):
        return f'<c r="{address}"{style} t="b"><v>{int(cell.value)}</v></c>'
    if isinstance(cell.value, int | float):
        return f'<c r="{address}"{style}><v>{cell.value!r}</v></c>'
    text = f'<t xml:space="preserve">{escape(str(cell.value))}</t>'
    return f'<c r="{address}"{style} t="s"><v>{strings.number(text)}</v></c>'
