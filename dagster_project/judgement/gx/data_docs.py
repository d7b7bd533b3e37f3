"""What makes Data Docs self-contained, and the index page over the runs that have some.

Pages of Great Expectations ask five content-delivery networks for style sheets and scripts: all of
that is taken out, scripts and styles too, and a small style sheet of our own put in (:mod:`.site`
says why).
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Collection
from pathlib import Path

from dagster_project.content_policy import element, policy

_TAKEN_OUT = [
    re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<link\b[^>]*https?://[^>]*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<img\b[^>]*https?://[^>]*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<iframe\b.*?</iframe\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<form\b.*?</form\s*>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<style\b.*?</style\s*>", re.DOTALL | re.IGNORECASE),
]
_TAG = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
_STYLE_OR_SCRIPT = re.compile(r"""\s(?:style|on[a-z]+)\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_LINK = re.compile(r"""\bhref=(["'])https?://[^"']*\1""", re.IGNORECASE)
_STYLE = """
body{font-family:"Noto Sans CJK SC","WenQuanYi Micro Hei","Microsoft YaHei",sans-serif;
margin:1.5rem auto;max-width:76rem;padding:0 1rem;color:#222;line-height:1.5}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
td,th{border:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{background:#f2f2f2}pre,code{white-space:pre-wrap;word-break:break-word}
.modal,.fade:not(.show):not(.tab-pane),button{display:none}
nav ul,.nav{list-style:none;padding:0}.failed-icon,.text-danger{color:#b00020}
.text-success{color:#176b2c}img{max-width:12rem}.collapse{display:block}
i.fas{font-style:normal}.fa-check-circle::before{content:"✓"}.fa-times::before{content:"✗"}
.fa-exclamation-triangle::before{content:"!"}
"""
_POLICY = element(policy([_STYLE], beside="'self'"))
_HEAD = f'<meta charset="utf-8"/>{_POLICY}<style>{_STYLE}</style>'


def make_self_contained(folder: Path) -> None:
    """Take every remote reference out of the pages below ``folder``."""
    for page in folder.rglob("*.html"):
        page.write_text(self_contained(page.read_text("utf-8")), "utf-8")
    for picture in folder.rglob("*.gif"):  # two megabytes of help for people without rules yet
        picture.unlink()


def self_contained(page: str) -> str:
    """``page`` without scripts, styles of its own, and what a browser would fetch elsewhere."""
    for pattern in _TAKEN_OUT:
        page = pattern.sub("", page)
    page = _TAG.sub(lambda tag: _STYLE_OR_SCRIPT.sub("", tag[0]), page)
    page = _LINK.sub('href="#"', page)
    page = re.sub(r"""\b(src|srcset|action)=(["'])https?://[^"']*\2""", "", page)
    return re.sub(r"<head[^>]*>", lambda head: head[0] + _HEAD, page, count=1)


def site_name(school_years: Collection[int]) -> str:
    """Folder of the run that judged these school years: ``2023`` or ``2012-2019``."""
    first, last = min(school_years), max(school_years)
    return str(first) if first == last else f"{first}-{last}"


def write_index(folder: Path, rules: list[dict]) -> None:
    """Write ``folder/index.html``: the runs that have a site, and every rule with its open flags.

    ``rules`` are mappings with ``rule_id, group, severity, title, found, broken``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sites = sorted(
        (path.parent for path in folder.glob("*/index.html") if path.parent.name[0].isdigit()),
        key=lambda path: path.name,
        reverse=True,
    )
    runs = "".join(f'<li><a href="{s.name}/index.html">{s.name} 学年</a></li>' for s in sites)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in (
            rule["group"], rule["rule_id"], rule["title"], rule["severity"],
            rule["broken"] or rule["found"])) + "</tr>"
        for rule in rules
    )  # fmt: skip
    page = (
        f'<!DOCTYPE html><html lang="zh"><head>{_HEAD}<title>数据质量</title></head><body>'
        f"<h1>数据质量 · Data quality</h1><h2>校验记录 · Validation runs</h2><ul>{runs}</ul>"
        f"<h2>规则 · Rules</h2><table><tr><th>组 group</th><th>规则 rule</th><th>名称 title</th>"
        f"<th>级别 severity</th><th>疑点 flags</th></tr>{lines}</table></body></html>\n"
    )
    aside = folder / ".index.html.tmp"
    aside.write_text(page, "utf-8")
    os.replace(aside, folder / "index.html")
