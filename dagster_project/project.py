"""The parts of the product that are no Python: the dbt project, the rules, Dagster's instance file.

In a checkout they stand at its top; in an installed wheel below ``dagster_project/_project/``
(``pyproject.toml`` puts them there). Nothing is ever written beside them: what is derived from them
and worth keeping goes to :func:`cache`.
"""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_project"
ROOT = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent

DBT = ROOT / "dbt"
SEEDS = DBT / "seeds"
EXPECTATIONS = ROOT / "expectations"
DAGSTER = ROOT / ".dagster"
"""Folder with the ``dagster.yaml`` that the project ships."""


def cache() -> Path:
    """Folder for what can be made again from these files: ``JUNHENG_CACHE``, or the user's cache.

    A user who has no home that can be written to (a service) gets one in the warehouse. Contents
    are named by the hash of what they were made from, so that installations share the folder.
    """
    given = os.environ.get("JUNHENG_CACHE")
    if given:
        return Path(given).absolute()
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    there = next(folder for folder in (users, *users.parents) if folder.exists())
    if os.access(there, os.W_OK):
        return users / "junheng"
    return Path(os.environ.get("JUNHENG_WAREHOUSE") or "warehouse").absolute() / "cache"
