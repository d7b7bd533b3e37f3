"""A template's text as a Word file: the parts of the package, written from nothing else."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from dagster_project.reports.official import form
from dagster_project.reports.official.source import Table, parse

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:w10="urn:schemas-microsoft-com:office:word"'
)
_PARTS = {  # id of the relation: (file, kind)
    "rId1": ("styles.xml", "styles"),
    "rId2": ("settings.xml", "settings"),
    "rId3": ("fontTable.xml", "fontTable"),
    "rId4": ("header1.xml", "header"),
    "rId5": ("header2.xml", "header"),
    "rId6": ("footer1.xml", "footer"),
    "rId7": ("footer2.xml", "footer"),
}
_REFERENCES = "".join(
    f'<w:{part}Reference w:type="{pages}" r:id="{i}"/>'
    for i, part, pages in (
        ("rId4", "header", "default"),
        ("rId5", "header", "even"),
        ("rId6", "footer", "default"),
        ("rId7", "footer", "even"),
    )
)


@cache
def docx_of(text: str) -> bytes:
    """The Word file of a template's text, the same bytes for the same text.

    Raises :class:`SourceBroken`.
    """
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as package:
        for name, content in _parts(text).items():
            # A time of its own would make another file of it every day.
            package.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, ZIP_DEFLATED)
    return made.getvalue()


def _parts(text: str) -> dict[str, str]:
    return {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations(
            {
                "rId1": ("word/document.xml", f"{_R}/officeDocument"),
                "rId2": ("docProps/core.xml", f"{_PACKAGE}/relationships/metadata/core-properties"),
            }
        ),
        "docProps/core.xml": (
            f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"/>'
        ),
        "word/_rels/document.xml.rels": _relations(
            {i: (file, f"{_R}/{kind}") for i, (file, kind) in _PARTS.items()}
        ),
        "word/document.xml": _part("document", f"<w:body>{_body(text)}</w:body>"),
        "word/styles.xml": form.styles(),
        "word/fontTable.xml": form.font_table(),
        "word/settings.xml": _settings(),
        "word/header1.xml": _header(1),
        "word/header2.xml": _header(2),
        "word/footer1.xml": _footer("页码单"),
        "word/footer2.xml": _footer("页码双"),
    }


def _content_types() -> str:
    main = f'<Override PartName="/word/document.xml" ContentType="{_KIND}.document.main+xml"/>'
    core = (
        '<Override PartName="/docProps/core.xml"'
        ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    )
    parts = "".join(
        f'<Override PartName="/word/{file}" ContentType="{_KIND}.{kind}+xml"/>'
        for file, kind in _PARTS.values()
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{main}{core}{parts}</Types>'
    )


def _relations(relations: dict[str, tuple[str, str]]) -> str:
    told = "".join(
        f'<Relationship Id="{i}" Type="{kind}" Target="{target}"/>'
        for i, (target, kind) in relations.items()
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{told}</Relationships>'


def _settings() -> str:
    compatible = (
        '<w:compat><w:compatSetting w:name="compatibilityMode"'
        ' w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
    )
    return _part(
        "settings",
        '<w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/>'
        + compatible,
    )


def _part(root: str, inner: str) -> str:
    return f"{_XML}<w:{root} {_NAMESPACES}>{inner}</w:{root}>"


def _body(text: str) -> str:
    blocks = [
        _table(block) if isinstance(block, Table) else paragraph(block.style, block.text)
        for block in parse(text)
    ]
    return "".join(blocks) + form.section_properties(_REFERENCES)


def paragraph(style: str, text: str) -> str:
    """A paragraph of the style with this Chinese name in ``form.yml``; a tab parts two sides."""
    runs = "<w:tab/>".join(
        f'<w:t xml:space="preserve">{escape(part)}</w:t>' if part else ""
        for part in text.split("\t")
    )
    return f'<w:p><w:pPr><w:pStyle w:val="{form.style_id(style)}"/></w:pPr><w:r>{runs}</w:r></w:p>'


def _table(table: Table) -> str:
    whole = sum(width for _, width in table.columns)
    room = form.twips(form.form()["page"]["text_width"])
    widths = [int(width / whole * room) for _, width in table.columns]
    aligned = [style for style, _ in table.columns]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = [_row(cells, widths, ["表头"] * len(widths), is_head=True) for cells in table.heads]
    for row in table.rows:
        cells = [row] + [""] * (len(widths) - 1) if isinstance(row, str) else row
        rows.append(_row(cells, widths, aligned))
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/>'
        f'<w:tblW w:type="dxa" w:w="{sum(widths)}"/><w:jc w:val="center"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:top w:w="30" w:type="dxa"/>'
        '<w:left w:w="60" w:type="dxa"/><w:bottom w:w="30" w:type="dxa"/>'
        '<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


def _row(cells: list[str], widths: list[int], styles: list[str], *, is_head: bool = False) -> str:
    head = "<w:tblHeader/>" if is_head else ""
    made = "".join(
        f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/><w:vAlign w:val="center"/></w:tcPr>'
        f"{paragraph(style, cell)}</w:tc>"
        for cell, width, style in zip(cells, widths, styles, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{made}</w:tr>"


def _footer(style: str) -> str:
    """The page number between two dashes (7.5)."""
    number = (
        '<w:r><w:t xml:space="preserve">— </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> —</w:t></w:r>'
    )
    head = f'<w:pPr><w:pStyle w:val="{form.style_id(style)}"/></w:pPr>'
    return _part("ftr", f"<w:p>{head}{number}</w:p>")


def _header(number: int) -> str:
    """Nothing, but over a draft: the word, and the same across the page."""
    shape = (
        "<w:r><w:rPr><w:noProof/></w:rPr><w:pict>"
        f'<v:shapetype id="_x0000_t136_{number}" coordsize="21600,21600" o:spt="136" adj="10800"'
        ' path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/>'
        '<v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>'
        '<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/>'
        '<v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/>'
        '<v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/><v:f eqn="mid @6 @7"/>'
        '<v:f eqn="sum @6 0 @5"/></v:formulas><v:path textpathok="t" o:connecttype="custom"'
        ' o:connectlocs="@9,0;@10,10800;@11,21600;@12,10800" o:connectangles="270,180,90,0"/>'
        '<v:textpath on="t" fitshape="t"/></v:shapetype>'
        f'<v:shape id="WaterMarkDraft{number}" o:spid="_x0000_s{2048 + number}"'
        f' type="#_x0000_t136_{number}" alt="草稿" style="position:absolute;margin-left:0;'
        "margin-top:0;width:330pt;height:165pt;rotation:315;z-index:-251658752;"
        "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
        'mso-position-vertical:center;mso-position-vertical-relative:margin" fillcolor="#d9d9d9"'
        ' stroked="f"><v:fill opacity=".5"/><v:textpath style="font-family:&quot;黑体&quot;;'
        'font-size:1pt" string="草稿"/><w10:wrap anchorx="margin" anchory="margin"/></v:shape>'
        "</w:pict></w:r>"
    )
    style = form.style_id("草稿字样")
    mark = (
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{shape}<w:r><w:t>草　稿</w:t></w:r></w:p>'
    )
    tags = ("{%p if draft %}", "{%p else %}", "{%p endif %}")
    begin, other, end = (paragraph("草稿字样", tag) for tag in tags)
    return _part("hdr", begin + mark + other + paragraph("草稿字样", "") + end)
