"""Scales and the few elements that the charts are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

MARGIN = 2.0
"""Per cent of the width left free on either side, so that marks at the ends are whole."""


@dataclass(frozen=True)
class Scale:
    """Where a value from ``low`` to ``high`` stands, in per cent of the width."""

    low: float
    high: float

    def at(self, value: float) -> str:
        part = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1)
        return f"{MARGIN + part * (100 - 2 * MARGIN):.2f}%"

    def width(self, start: float, end: float) -> str:
        """The distance of two values."""
        return f"{abs(end - start) / ((self.high - self.low) or 1) * (100 - 2 * MARGIN):.2f}%"

    def ticks(self, wanted: int = 5) -> list[float]:
        """Round values between the ends, ``wanted`` of them or a few more or less."""
        span = (self.high - self.low) or 1
        rough = span / wanted
        size = 10 ** math.floor(math.log10(rough))
        step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(n * step, 10) for n in range(first, last + 1)]


def from_zero(values: Iterable[float | None]) -> Scale:
    """From zero to a little above the largest value."""
    return Scale(0.0, max([v for v in values if v is not None], default=0.0) * 1.04 or 1.0)


def plain(value: float) -> str:
    """A tick as a reader writes it: no exponent, no trailing zeros."""
    return f"{value:.10f}".rstrip("0").rstrip(".") or "0"


def svg(height: int, title: str, description: str, marks: Iterable[str], kind: str) -> Markup:
    """A chart of ``height`` pixels with its name and, for those who do not see it, its content."""
    return Markup(
        f'<svg class="chart {kind}" role="img" width="100%" height="{height}"'
        f' aria-label="{escape(title)}。{escape(description)}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(marks)}</svg>"
    )


def line(x1: str, y1: float, x2: str, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y1:g}" x2="{x2}" y2="{y2:g}"/>'


def rect(x: str, y: float, width: str, height: float, kind: str, title: str = "") -> str:
    tip = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect class="{kind}" x="{x}" y="{y:g}" width="{width}" height="{height:g}">{tip}</rect>'
    )


def text(
    x: str, y: float, words: str, kind: str = "", anchor: str = "middle", aside: float = 0
) -> str:
    """Words at a place, ``aside`` pixels to its right."""
    moved = f' dx="{aside:g}"' if aside else ""
    return (
        f'<text class="{kind}" x="{x}" y="{y:g}"{moved} text-anchor="{anchor}">'
        f"{escape(words)}</text>"
    )


def mark(shape: str, x: str, y: float, kind: str, title: str = "", opens: str = "") -> str:
    """One of the shapes that the page defines; ``opens`` names the figure it leads to."""
    tip = f"<title>{escape(title)}</title>" if title else ""
    leads = f' data-opens="{escape(opens)}"' if opens else ""
    return f'<use href="#{shape}" class="{kind}" x="{x}" y="{y:g}"{leads}>{tip}</use>'


def axis(scale: Scale, y: float, top: float, wanted: int = 5) -> list[str]:
    """Thin lines at round values from ``top`` down to ``y``, and the values below them."""
    marks = [line(scale.at(scale.low), y, scale.at(scale.high), y, "axis")]
    for tick in scale.ticks(wanted):
        marks.append(line(scale.at(tick), top, scale.at(tick), y, "grid"))
        marks.append(text(scale.at(tick), y + 15, plain(tick), "tick"))
    return marks
