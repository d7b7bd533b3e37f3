"""Judging whole columns of tokens at once, with the semantics of :mod:`.figures`.

A nation's flat file holds tens of millions of tokens. Each column is dictionary-encoded, so every
distinct token is judged once: plain numbers by a regular expression and a cast, all others by
:func:`.figures.parse_figure` itself, which therefore stays the only place that knows the odd ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.census.figures import (
    BLANK,
    LARGEST,
    NOT_APPLICABLE,
    NOT_COLLECTED,
    REPORTED,
    SMALLEST,
    SPACED_FROM,
    STATUSES,
    UNDEFINED,
    UNREADABLE,
    ZERO,
    Figure,
    add_figures,
    clean_text,
    is_spaced,
    parse_figure,
)
from dagster_project.census.opening import signs
from dagster_project.census.opening.number_marks import Evidence

# Up to 15 digits a double holds the number itself; longer tokens take the exact path.
_PLAIN = r"^[0-9]{1,11}(\.[0-9]{1,4})?$"
_CODE = {status: code for code, status in enumerate(STATUSES)}
_WORDS = pa.array(STATUSES, pa.string())


class FigureColumn(NamedTuple):
    """Figures of one column: float64 ``values`` (NaN: none) and int8 ``codes`` into STATUSES."""

    values: np.ndarray
    codes: np.ndarray

    def value_array(self) -> pa.Array:
        """The values as Arrow float64, null where the status carries no value."""
        return pa.array(self.values, pa.float64(), mask=np.isnan(self.values))

    def status_array(self) -> pa.Array:
        """The statuses as the dictionary type of the section schema."""
        return pa.DictionaryArray.from_arrays(pa.array(self.codes, pa.int8()), _WORDS)

    def at(self, places: np.ndarray) -> FigureColumn:
        """The rows at ``places`` alone."""
        return FigureColumn(self.values[places], self.codes[places])

    def has_status(self, *statuses: str) -> np.ndarray:
        """Boolean mask of the rows whose status is one of ``statuses``."""
        return np.isin(self.codes, [_CODE[status] for status in statuses])


def judge(tokens: pa.Array, factor: Decimal | int = 1) -> FigureColumn:
    """:func:`.figures.parse_figure` of every token of a string (or dictionary of string) column.

    ``factor`` turns the file's unit into the canonical one; the product is exact.
    """
    encoded = tokens if pa.types.is_dictionary(tokens.type) else tokens.dictionary_encode()
    values, codes = _judge_distinct(encoded.dictionary, factor)
    indices = encoded.indices
    if indices.null_count:  # a null token is a blank cell
        values, codes = np.append(values, np.nan), np.append(codes, np.int8(_CODE[BLANK]))
        indices = indices.fill_null(pa.scalar(len(values) - 1, indices.type))
    where = indices.to_numpy(zero_copy_only=False)
    return FigureColumn(values[where], codes[where])


def column_of(figures: Sequence[Figure], places: np.ndarray) -> FigureColumn:
    """The column whose rows are ``figures`` at ``places``."""
    values = np.array([np.nan if f.value is None else f.value for f in figures], float)
    codes = np.array([_CODE[f.status] for f in figures], np.int8)
    return FigureColumn(values[places], codes[places])


def add(
    parts: Sequence[FigureColumn], *, missing_is_none: bool = True, taken_away: int = 0
) -> FigureColumn:
    """:func:`.figures.add_figures` row by row over the columns that one field is the sum of.

    Without ``missing_is_none`` a blank or inapplicable part beside reported ones makes the sum
    undefined: what it means only the source of the table knows. The last ``taken_away`` of the
    parts are subtracted.
    """
    if len(parts) == 1:
        return parts[0]
    if any((part.values < 0).any() for part in parts):
        parts = [_without_negative(part) for part in parts]
    first = len(parts) - taken_away
    less = [FigureColumn(-part.values, part.codes) for part in parts[first:]]
    added = _add([*parts[:first], *less])
    if missing_is_none:
        return added
    partly = np.zeros(len(added.codes), bool)
    for part in parts:
        partly |= part.has_status(BLANK, NOT_APPLICABLE)
    partly &= added.has_status(REPORTED, ZERO)
    added.values[partly], added.codes[partly] = np.nan, _CODE[UNDEFINED]
    return added


def add_rows(part: FigureColumn, groups: np.ndarray, count: int) -> FigureColumn:
    """The sum of the rows of each of ``count`` groups, as :func:`add` without ``missing_is_none``.

    ``groups`` has the group of every row (from 0); one without rows is blank.
    """
    if (part.values < 0).any():
        several = np.bincount(groups, minlength=count)[groups] > 1
        negative = _without_negative(part)
        part = FigureColumn(
            np.where(several, negative.values, part.values),
            np.where(several, negative.codes, part.codes),
        )

    def having(*statuses: str) -> np.ndarray:
        return np.bincount(groups, part.has_status(*statuses), count) > 0

    known = ~np.isnan(part.values)
    safe = np.where(known, part.values, 0.0)
    total = np.bincount(groups, safe, count)
    inexact = np.bincount(groups, (safe != np.floor(safe)) | (np.abs(safe) > 2**48), count) > 0
    for group in np.flatnonzero(inexact):  # fractions are added as decimals
        parts = [Figure(float(v), REPORTED) for v in part.values[(groups == group) & known]]
        total[group] = add_figures(parts).value or 0.0
    is_known, is_missing = np.bincount(groups, known, count) > 0, having(BLANK, NOT_APPLICABLE)
    codes = np.select(
        [
            having(UNREADABLE),
            having(UNDEFINED) | (is_known & is_missing),
            is_known & (total != 0),
            is_known,
            having(NOT_APPLICABLE) & ~having(BLANK),
            having(NOT_COLLECTED) & ~having(BLANK),
        ],
        [_CODE[s] for s in (UNREADABLE, UNDEFINED, REPORTED, ZERO, NOT_APPLICABLE, NOT_COLLECTED)],
        default=_CODE[BLANK],
    ).astype(np.int8)
    values = np.where(np.isin(codes, (_CODE[REPORTED], _CODE[ZERO])), total, np.nan)
    return FigureColumn(values, codes)


def multiply(base: FigureColumn, rate: FigureColumn, *, is_whole: bool) -> FigureColumn:
    """``base`` × ``rate`` row by row; ``is_whole``: the nearest whole number.

    A factor without a value leaves the product without one, with its status.
    """
    product = np.round(base.values * rate.values, 0 if is_whole else 6)
    known = ~np.isnan(product)
    lacking = np.where(np.isnan(base.values), base.codes, rate.codes)
    codes = np.where(known, np.where(product == 0, _CODE[ZERO], _CODE[REPORTED]), lacking)
    return FigureColumn(product, codes.astype(np.int8))


def _without_negative(part: FigureColumn) -> FigureColumn:
    """A part of a sum in which no figure hides that cannot be: 25 and -13 are not 12."""
    negative = part.values < 0
    return FigureColumn(
        np.where(negative, np.nan, part.values),
        np.where(negative, np.int8(_CODE[UNREADABLE]), part.codes),
    )


def _add(parts: Sequence[FigureColumn]) -> FigureColumn:
    values = np.stack([part.values for part in parts])
    codes = np.stack([part.codes for part in parts])
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    result = np.select(
        [
            (codes == _CODE[UNREADABLE]).any(axis=0),
            (codes == _CODE[UNDEFINED]).any(axis=0),
            known.any(axis=0) & (total != 0),
            known.any(axis=0),
            (codes == _CODE[BLANK]).any(axis=0),
            (codes == _CODE[NOT_APPLICABLE]).any(axis=0),
        ],
        [_CODE[s] for s in (UNREADABLE, UNDEFINED, REPORTED, ZERO, BLANK, NOT_APPLICABLE)],
        default=_CODE[NOT_COLLECTED],
    ).astype(np.int8)
    total[~np.isin(result, (_CODE[REPORTED], _CODE[ZERO]))] = np.nan
    # Sums of whole numbers are exact in doubles; fractions are added as decimals, row by row.
    safe = np.where(known, values, 0.0)
    inexact = ((safe != np.floor(safe)) | (np.abs(safe) > 2**48)).any(axis=0)
    for row in np.flatnonzero(inexact):
        figure = add_figures(
            Figure(None if np.isnan(value) else float(value), STATUSES[code])
            for value, code in zip(values[:, row], codes[:, row], strict=True)
        )
        total[row] = np.nan if figure.value is None else figure.value
        result[row] = _CODE[figure.status]
    return FigureColumn(total, result)


def not_collected(rows: int) -> FigureColumn:
    """The column of a field that the file has no place for."""
    return FigureColumn(np.full(rows, np.nan), np.full(rows, _CODE[NOT_COLLECTED], np.int8))


def clean(tokens: pa.Array) -> pa.Array:
    """:func:`.figures.clean_text` of every token; blank becomes null."""
    if pa.types.is_dictionary(tokens.type):
        tokens = tokens.dictionary_decode()
    data = tokens.buffers()[2]
    if data is not None and signs.may_occur_in(np.frombuffer(data, np.uint8)):
        texts = [token and clean_text(token) for token in tokens.to_pylist()]
        text = pa.array(texts, pa.string())
    else:
        text = pc.replace_substring(tokens, "_x000D_", "")
        text = pc.utf8_trim_whitespace(pc.utf8_normalize(text, "NFKC"))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _judge_distinct(tokens: pa.Array, factor: Decimal | int) -> tuple[np.ndarray, np.ndarray]:
    values = np.full(len(tokens), np.nan)
    codes = np.empty(len(tokens), np.int8)
    exponent = _power_of_ten(factor)
    plain = np.zeros(len(tokens), bool)
    if exponent is not None:
        mask = pc.match_substring_regex(tokens, _PLAIN).fill_null(False)
        plain = mask.to_numpy(zero_copy_only=False)
        numbers = tokens.filter(mask)
        if exponent:  # the parser of doubles rounds once: 8182.97e4 is 81829700 and no neighbour
            numbers = pc.binary_join_element_wise(numbers, f"e{exponent}", "")
        found = pc.cast(numbers, pa.float64()).to_numpy(zero_copy_only=False)
        fits = (found == 0) | ((np.abs(found) <= LARGEST) & (np.abs(found) >= SMALLEST))
        values[plain] = np.where(fits, found, np.nan)
        codes[plain] = np.select(
            [found == 0, fits], [_CODE[ZERO], _CODE[REPORTED]], _CODE[UNREADABLE]
        )
    odd = np.flatnonzero(~plain)
    texts = [tokens[int(place)].as_py() for place in odd]
    doubtful = _doubtful_marks(texts)
    spaced = sum(map(is_spaced, texts)) >= SPACED_FROM
    for place, text in zip(odd, texts, strict=True):
        is_known = text not in doubtful
        figure = parse_figure(text, factor, spaced=spaced) if is_known else Figure(None, UNREADABLE)
        values[place] = np.nan if figure.value is None else figure.value
        codes[place] = _CODE[figure.status]
    return values, codes


def _doubtful_marks(texts: Sequence[str]) -> set[str]:
    """Numbers that may be thousands or decimals, where others show that a comma parts decimals.

    1,201 beside 12,5 is no thousand; forms of the mainland know no other marks than ours.
    """
    found = {text: Evidence.of([text]) for text in texts if "," in text}
    if not any(evidence.comma for evidence in found.values()):
        return set()
    return {text for text, evidence in found.items() if evidence.doubtful}


def _power_of_ten(factor: Decimal | int) -> int | None:
    exponent = Decimal(factor).normalize().as_tuple()
    is_power = exponent.digits == (1,) and not exponent.sign
    return exponent.exponent if is_power and isinstance(exponent.exponent, int) else None
