"""When loads start by themselves: the day after the files are due, in China's time."""

from __future__ import annotations

import dagster as dg

from dagster_project.defs.partitions import (
    DUE,
    TERMS,
    ZONE,
    after_due,
    school_year_of,
    semester_key,
)
from dagster_project.defs.tags import SCHOOL_YEAR, STARTED_BY
from dagster_project.defs.unattended import RUN_CONFIG, schedule_status

# At night, the yearly load first: the semester's then finds its schools in the lake.
_YEARLY_HOUR, _SEMESTER_HOUR, _CHECK = 2, 4, "0 7 * * 1"


def schedules() -> list[dg.ScheduleDefinition]:
    """The yearly load, one load a semester, and a weekly look at who has not reported."""
    return [
        _loading("yearly_load", "autumn", _YEARLY_HOUR, "yearly_after_due_day"),
        *(
            _loading("semester_load", term, _SEMESTER_HOUR, f"{term}_semester_after_due_day")
            for term in TERMS
        ),
        dg.ScheduleDefinition(
            name="weekly_who_has_not_reported",
            job_name="who_has_not_reported",
            cron_schedule=_CHECK,
            execution_timezone=ZONE,
            default_status=schedule_status(),
            tags={STARTED_BY: "schedule"},
        ),
    ]


def _loading(job: str, term: str, hour: int, name: str) -> dg.ScheduleDefinition:
    month, day = DUE[term]

    def request(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        school_year = school_year_of(context.scheduled_execution_time.date())
        key = str(school_year) if job == "yearly_load" else semester_key(school_year, term)
        return dg.RunRequest(
            run_key=key,
            partition_key=key,
            run_config=RUN_CONFIG,
            tags={STARTED_BY: "schedule", SCHOOL_YEAR: str(school_year)},
        )

    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=after_due(term, hour),
        execution_timezone=ZONE,
        execution_fn=request,
        default_status=schedule_status(),
        description=f"Loads the {term} files the day after they are due ({month}-{day:02}).",
    )
