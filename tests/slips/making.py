"""How a slip is made: each function changes a drop as a clerk would, and says where."""

from __future__ import annotations

from random import Random

from tests.slips.places import Drop, Place

COUNTS = ("person", "class", "place", "volume", "set", "room")


class NotHere(Exception):
    """The slip cannot be made at this place: it would change nothing, or there is no neighbour."""


class Maker:
    """Makes slips in one drop; ``at`` finds the figure at a cell, ``before`` last year's."""

    def __init__(self, drop: Drop, at: dict, before: dict, rng: Random) -> None:
        self.drop, self.at, self.before, self.rng = drop, at, before, rng

    def make(self, slip: dict, place: Place) -> list[tuple[Place, object]]:
        """Make ``slip`` at ``place``; returns the figures changed with their new values."""
        changed = getattr(self, f"_{slip['make']}")(slip, place)
        if all(new == old.value for old, new in changed):
            raise NotHere
        return changed

    def _write_to(self, place: Place, value) -> list[tuple[Place, object]]:
        if value == place.value:
            raise NotHere
        self.drop.put(place, value)
        return [(place, value)]

    def _neighbour(self, place: Place, row: int, column: int) -> Place:
        found = self.at.get((place.file, place.sheet, place.row + row, place.column + column))
        if found is None or found.value == place.value:
            raise NotHere
        return found

    def _swap(self, one: Place, other: Place) -> list[tuple[Place, object]]:
        first, second = self.drop.get(one), self.drop.get(other)
        self.drop.put(one, second)
        self.drop.put(other, first)
        return [(one, _as_number(second, other)), (other, _as_number(first, one))]

    def _swap_below(self, _slip, place):
        return self._swap(place, self._neighbour(place, 1, 0))

    def _swap_beside(self, _slip, place):
        return self._swap(place, self._neighbour(place, 0, 1))

    def _shift_right(self, _slip, place):
        run = [place]
        while len(run) < 5:
            run.append(self._neighbour(run[-1], 0, 1))
        old = [self.drop.get(p) for p in run]
        for target, value in zip(run[1:], old, strict=False):
            self.drop.put(target, value)
        self.drop.put(place, None)
        return [(place, None), *zip(run[1:], [p.value for p in run], strict=False)]

    def _last_year(self, _slip, place):
        key = place.school_year - 1, place.school_id, place.stage, place.name
        if key not in self.before:
            raise NotHere
        return self._write_to(place, _shown(self.before[key]))

    def _transpose_digits(self, _slip, place):
        digits = _digits(place)
        spots = [n for n in range(len(digits) - 1) if digits[n] != digits[n + 1]]
        if not spots:
            raise NotHere
        n = self.rng.choice(spots)
        digits[n], digits[n + 1] = digits[n + 1], digits[n]
        return self._write_to(place, _value(digits))

    def _drop_digit(self, _slip, place):
        digits = _digits(place)
        if len(digits) < 2:
            raise NotHere
        del digits[self.rng.randrange(len(digits))]
        return self._write_to(place, _value(digits))

    def _double_digit(self, _slip, place):
        digits = _digits(place)
        n = self.rng.randrange(len(digits))
        digits.insert(n, digits[n])
        return self._write_to(place, _value(digits))

    def _add_zero(self, _slip, place):
        return self._write_to(place, _shown(place.value * 10))

    def _multiply(self, slip, place):
        return self._write_to(place, _shown(place.value * slip["by"]))

    def _divide(self, slip, place):
        if place.value < 1000:
            raise NotHere
        return self._write_to(place, round(place.value / slip["by"], 2))

    def _comma_for_point(self, _slip, place):
        text = f"{place.value:.2f}"
        if text.endswith("00"):
            raise NotHere
        self.drop.put(place, text.replace(".", ","))
        return [(place, text.replace(".", ","))]

    def _add_to(self, slip, place):
        return self._write_to(place, round(place.value * (1 + slip["by"])) or 1)

    def _blank(self, _slip, place):
        return self._write_to(place, None)

    def _negate(self, _slip, place):
        return self._write_to(place, _shown(-place.value))

    def _add_half(self, _slip, place):
        return self._write_to(place, place.value + 0.5)

    def _write(self, slip, place):
        return self._write_to(place, slip["value"])

    def _other_area_code(self, _slip, place):
        """The code beside the label 城乡类型 of a wide table, which has one row a school."""
        if "小学" not in place.file and "初中" not in place.file:
            raise NotHere
        sheet = self.drop.book(place.file)[place.sheet]
        column = next((c.column for c in sheet[2] if c.value == "城乡类型编码"), None)
        if column is None:
            raise NotHere
        code = sheet.cell(place.row, column)
        code.value = "220" if str(code.value).startswith("1") else "111"
        return [(place, "other code")]

    def _other_school(self, _slip, place):
        """Of a wide table the figures of the school below, under this school's own name."""
        other = self._neighbour(place, 1, 0)
        changed = []
        for (file, sheet, row, _), figure in self.at.items():
            if (file, sheet, row) == (place.file, place.sheet, place.row):
                value = self.drop.get(figure, row=1)
                self.drop.put(figure, value)
                changed.append((figure, _as_number(value, other)))
        return changed

    def _drop_rows(self, slip, place):
        gone = []
        for number in range(slip["rows"]):
            found = self.at.get((place.file, place.sheet, place.row + number, place.column))
            if found is None or found.school_id != place.school_id or found.stage != place.stage:
                raise NotHere
            gone.append(found)
        for found in gone:
            self.drop.empty_row(found)
        return [(found, None) for found in gone]

    def _repeat_row(self, _slip, place):
        self.drop.add_row(place, self.drop.row(place))
        return [(place, "twice")]


def _as_number(value, place: Place):
    try:
        return float(value)
    except (TypeError, ValueError):
        return place.value


def _shown(value: float):
    return int(value) if value == int(value) else round(value, 2)


def _digits(place: Place) -> list[str]:
    return list(str(int(abs(place.value))))


def _value(digits: list[str]) -> int:
    return int("".join(digits) or 0)
