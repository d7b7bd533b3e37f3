"""The language that people are spoken to in: English or Chinese."""

from __future__ import annotations

import os
from collections.abc import Mapping

LANGUAGES = ("en", "zh")
VARIABLE = "JUNHENG_LANG"


def from_environment(environment: Mapping[str, str]) -> str:
    """``JUNHENG_LANG``, else Chinese under a Chinese locale, else English."""
    chosen = environment.get(VARIABLE)
    if chosen in LANGUAGES:
        return chosen
    # The order in which POSIX asks for the language of messages.
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "en"


def spoken() -> str:
    """The language of this process."""
    return from_environment(os.environ)
