"""The head and the imprint of an official document: who issues it, to whom, under which number.

They stand in ``letterhead.yml`` among the templates (``raw/templates``, or below a code there);
what nobody filled in is left out of the document.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from dagster_project.reports.templates import OWN, TemplateBroken, Templates, read_words

LETTERHEAD = "letterhead.yml"
SHARED = "共用"
_BLANK_DATE = "　　　　年　　月　　日"


@dataclass(frozen=True)
class Letterhead:
    """What the head, the end and the imprint of one document say; empty where nothing is said."""

    head: str = ""
    number: str = ""
    signer: str = ""
    to: str = ""
    signed_by: str = ""
    date: str = _BLANK_DATE
    openness: str = ""
    cc: str = ""
    printer: str = ""
    printed_on: str = ""

    @property
    def has_head(self) -> bool:
        """Whether the red head stands on the first page."""
        return bool(self.head)

    @property
    def has_imprint(self) -> bool:
        """Whether the imprint stands at the foot of the last page."""
        return bool(self.cc or self.printer or self.printed_on)


KEYS = {
    "发文机关标志": "head",
    "发文字号": "number",
    "签发人": "signer",
    "主送": "to",
    "署名": "signed_by",
    "成文日期": "date",
    "公开方式": "openness",
    "抄送": "cc",
    "印发机关": "printer",
    "印发日期": "printed_on",
}
assert set(KEYS.values()) == {field.name for field in fields(Letterhead)}


def letterhead_of(templates: Templates, code: str, kind: str, place: str) -> Letterhead:
    """The letterhead of a document of ``kind`` (``督查通报``) of the county or city ``place``.

    Raises :class:`TemplateBroken` for a file that says what no document has.
    """
    told: dict[str, str] = {}
    paths = dict.fromkeys((OWN / LETTERHEAD, templates.find(LETTERHEAD, code)))
    for path in paths:
        words = read_words(path)
        for name, entries in words.items():
            if not isinstance(entries, dict):
                raise TemplateBroken("reports.letterhead_no_entries", path=path, name=name)
            for key, value in entries.items():
                if key not in KEYS:
                    raise TemplateBroken(
                        "reports.letterhead_unknown", path=path, name=key, known=list(KEYS)
                    )
                if name in (SHARED, kind) and value not in (None, ""):
                    told[KEYS[key]] = str(value).replace("{地名}", place)
    return Letterhead(**told)
