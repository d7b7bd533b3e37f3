"""Tags of runs and assets and who answers for them: what one filters by in the UI."""

from __future__ import annotations

KIND = "junheng/kind"
"""Run tag: what kind of run it is (yearly, semester, rebuild, check, fanned_out)."""

STARTED_BY = "junheng/started_by"
"""Run tag: schedule or sensor; absent where a person started the run."""

PROCESS = "junheng/process"
"""Run tag: host and number of the process of a command that does the run by itself."""

SCHOOL_YEAR = "junheng/school_year"
"""Run tag: the school year that the run is about."""

WHOLE = {"dagster/retry_strategy": "ALL_STEPS"}
"""Run tag: a run that is tried again begins anew, since each one builds in an empty folder."""

FULL = "junheng/full"
"""Run tag: every year is computed anew, whatever stands, and compared with what does."""

ROOM = "junheng/room"
"""Asset tag: the room of the project that the asset belongs to."""

ENGINEERS = "team:data-engineering"
ANALYSTS = "team:supervision"
"""Owners: who keeps the asset running, and who answers for what the figures say."""
