"""Numbers of chapters as Chinese writes them."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"


def numeral(number: int) -> str:
    """一, 十, 十一, 二十三: of 1 to 99; others stand as figures."""
    if not 1 <= number <= 99:
        return str(number)
    tens, ones = divmod(number, 10)
    front = "" if not tens else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return front + (_DIGITS[ones] if ones else "")
