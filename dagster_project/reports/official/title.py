"""A title in lines: broken by sense, in balance (GB/T 9704-2012, 7.3.1)."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

from dagster_project.reports.official.form import form, twips


def room() -> int:
    """Characters of the title's size in a line."""
    return twips(form()["page"]["text_width"]) // (20 * form()["sizes"]["二号"])


def in_lines(title: str, most: int | None = None) -> str:
    """The title with a line feed at each break: as few lines as hold it, as even as words allow.

    No line is longer than ``most`` characters (default: what the page holds) unless one word is.
    """
    most = most or room()
    words = _words(title)
    for count in range(1, len(words) + 1):
        found = [lines for lines in _ways(words, count) if max(map(len, lines)) <= most]
        if found:
            # A line longer than the one above makes a step; steps both ways make neither shape.
            return "\n".join(
                min(found, key=lambda lines: max(map(len, lines)) - min(map(len, lines)))
            )
    return "\n".join(words)


def _ways(words: list[str], count: int) -> list[list[str]]:
    ways = []
    for cuts in combinations(range(1, len(words)), count - 1):
        edges = [0, *cuts, len(words)]
        ways.append(["".join(words[a:b]) for a, b in pairwise(edges)])
    return ways


def _words(title: str) -> list[str]:
    """The title's words: those of the list, and what stands between them whole."""
    known = sorted(form()["title_words"], key=len, reverse=True)
    pieces = re.split("(" + "|".join(map(re.escape, known)) + ")", title)
    words: list[str] = []
    for piece in pieces:
        if piece in ("的", "、", "与") and words:
            words[-1] += piece  # never begins a line
        elif piece:
            words.append(piece)
    return words
