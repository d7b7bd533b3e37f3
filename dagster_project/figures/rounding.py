"""The one place where a figure of the marts becomes text; how, stands in ``kinds.yml``."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.words import words

_KINDS = Path(__file__).with_name("kinds.yml")


@dataclass(frozen=True)
class Kind:
    """How figures of one kind are printed; ``decimals`` ``None`` leaves the figure as it is."""

    times: Decimal
    decimals: int | None
    suffix: str
    grouping: bool
    trim: bool


@cache
def _data() -> dict[str, Any]:
    data = yaml.safe_load(_KINDS.read_text("utf-8"))
    # 不适用 is what the form says (*); the verdict of that code has another word and gives way.
    data["reasons"] = {**words("verdict"), **words("value_status")}
    return data


@cache
def kind_named(name: str) -> Kind:
    """The kind of that name; a ``KeyError`` names the kinds there are."""
    kinds = _data()["kinds"]
    if name not in kinds:
        raise KeyError(f"no kind '{name}' in kinds.yml; there are {', '.join(kinds)}")
    entry = kinds[name]
    return Kind(
        times=Decimal(str(entry.get("times", 1))),
        decimals=entry.get("decimals"),
        suffix=entry.get("suffix", ""),
        grouping=entry.get("grouping", False),
        trim=entry.get("trim", False),
    )


def kind_of_unit(unit: str | None, decimals: int | None = None) -> str:
    """Kind of a value by its unit (and decimals) in ``ref.indicator`` or ``ref.item``.

    Without a unit it is a coefficient.
    """
    if unit is None:
        return "coefficient"
    finer = _data()["finer_units"].get(unit, {})
    return finer.get(decimals) or _data()["units"].get(unit, "ratio")


def kind_of_other_unit(unit: str) -> str:
    """Kind of a value of other data, by its unit: what is counted is whole unless it was split."""
    return _data()["units"].get(unit, "split_count")


def kind_of_numerator(unit: str, value: float | None) -> str:
    """Kind of what an indicator of this unit counts or lacks: the 人 of 人/百名学生.

    Persons and things come whole, unless the stages of a school share them.
    """
    kind = kind_of_unit(unit.split("/")[0])
    if kind in ("area_m2", "yuan"):
        return kind
    return "count" if value is None or float(value).is_integer() else "ratio"


def rounded(value: float | int | Decimal, kind: str) -> Decimal:
    """``value`` in the unit that is printed, rounded once, half up (away from zero)."""
    how = kind_named(kind)
    exact = (value if isinstance(value, Decimal) else Decimal(repr(value))) * how.times
    if how.decimals is None:
        return _trimmed(exact)
    result = exact.quantize(Decimal(1).scaleb(-how.decimals), ROUND_HALF_UP)
    if result == 0:
        result = abs(result)  # no "-0.00"
    return _trimmed(result) if how.trim else result


def _trimmed(number: Decimal) -> Decimal:
    whole = number.to_integral()
    return whole if number == whole else number.normalize()


def shown(value: float | int | Decimal | None, kind: str, reason: str | None = None) -> str:
    """The text of a figure: ``6.31``, ``99.63%``; ``—`` or ``—（未填报）`` where there is none.

    ``reason`` is an id of ``reasons`` in ``kinds.yml`` or a Chinese phrase; it is not printed
    beside a figure.
    """
    if value is None:
        return missing(reason)
    how = kind_named(kind)
    return f"{rounded(value, kind):{',' if how.grouping else ''}f}{how.suffix}"


def missing(reason: str | None = None) -> str:
    """What stands for a figure that there is not, with the reason if one is known."""
    return _data()["missing"] + (f"（{reason_word(reason)}）" if reason else "")


def reason_word(reason: str | None) -> str:
    """The word for a reason; a phrase stands for itself."""
    return _data()["reasons"].get(reason, reason) if reason else ""


def marked(text: str, is_tainted: bool) -> str:
    """``text`` with the mark of figures under a hard flag, if it is one."""
    return text + taint_mark() if is_tainted else text


def taint_mark() -> str:
    """The mark itself, for the note that explains it."""
    return words("mark")["tainted"]
