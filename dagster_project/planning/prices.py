"""What a change costs: a small table, shipped as an assumption and replaced by the county's own.

``prices.csv`` has one row per indicator and action: ``move`` a teacher for rotation, ``hire`` one,
``add`` rooms, area or equipment. ``price_yuan`` is the price of one unit, ``step`` the smallest
amount that is planned. A blank price means that the county cannot do this at all.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path

from dagster_project.messages import MessageError, of_system

DEFAULT = Path(__file__).with_name("prices.csv")
ACTIONS = ("move", "hire", "add")


class PricesInvalid(MessageError):
    """A price table cannot be used; the message names the line and what to write there."""


CANNOT_BE_HAD = math.inf  # the price of what is not for sale


@dataclass(frozen=True)
class Price:
    """The price of one unit of one indicator's resource."""

    indicator_id: str
    action: str
    yuan: float
    step: float
    unit_zh: str
    unit_en: str
    name_zh: str
    name_en: str
    status: str

    @property
    def can_be_had(self) -> bool:
        """Whether it is for sale at all."""
        return math.isfinite(self.yuan)

    @property
    def per_step(self) -> float:
        """Price of the smallest amount planned, in yuan."""
        return self.yuan * self.step


Prices = dict[tuple[str, str], Price]  # by (indicator_id, action)


def read_prices(path: Path | None = None) -> Prices:
    """The shipped table, with the rows of ``path`` (same columns, only some needed) in their place.

    ``PricesInvalid`` for an unknown indicator or action and for a price that is no number.
    """
    prices = {
        (row["indicator_id"], row["action"]): Price(
            indicator_id=row["indicator_id"],
            action=row["action"],
            yuan=float(row["price_yuan"]),
            step=float(row["step"]),
            unit_zh=row["unit_zh"],
            unit_en=row["unit_en"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            status=row["status"],
        )
        for row in _rows(DEFAULT)
    }
    if path is None:
        return prices
    for number, row in enumerate(_rows(path), start=2):
        key = ((row.get("indicator_id") or "").strip(), (row.get("action") or "").strip())
        if key not in prices:
            known = [f"{identity} {action}" for identity, action in prices]
            raise PricesInvalid(
                "planning.unknown_price",
                name=path.name,
                number=number,
                key=key[0],
                key2=key[1],
                known=known,
            )
        yuan = _number(path, number, row, "price_yuan")
        step = _number(path, number, row, "step") or prices[key].step
        prices[key] = replace(
            prices[key],
            yuan=CANNOT_BE_HAD if yuan is None else yuan,
            step=step,
            status=(row.get("status") or "").strip() or "from the county's own table",
        )
    return prices


def without_hires(prices: Prices) -> Prices:
    """The same prices, with nobody to hire."""
    return {
        key: replace(price, yuan=CANNOT_BE_HAD) if price.action == "hire" else price
        for key, price in prices.items()
    }


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise PricesInvalid(
            "planning.prices_not_opened", path=path, strerror=of_system(error)
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PricesInvalid("planning.prices_no_csv", name=path.name) from error
    needed = {"indicator_id", "action", "price_yuan"}
    if rows and not needed <= set(rows[0]):
        lacking = sorted(needed - set(rows[0]))
        raise PricesInvalid("planning.price_columns_missing", name=path.name, lacking=lacking)
    return rows


def _number(path: Path, line: int, row: dict[str, str], column: str) -> float | None:
    text = (row.get(column) or "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0 or (column == "step" and number == 0):
        raise PricesInvalid(
            "planning.bad_price", name=path.name, line=line, column=column, text=text
        )
    return number
