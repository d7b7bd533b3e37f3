"""What runs that nobody watches have in common: patience, tags, and whether they start at all."""

from __future__ import annotations

import dagster as dg

from dagster_project.variables import value

PATIENCE_SECONDS = 900.0
UNATTENDED = "JUNHENG_UNATTENDED"
"""Set to 1, schedules and sensor run as soon as the daemon does; else the UI turns them on."""

RUN_CONFIG = {
    "resources": {"warehouse": {"config": {"patience_seconds": PATIENCE_SECONDS}}},
    # The UI keeps every event; the service's log need not repeat them.
    "loggers": {"console": {"config": {"log_level": "WARNING"}}},
}


def is_unattended() -> bool:
    """Whether the installation is meant to run by itself."""
    return value(UNATTENDED) == "1"


def schedule_status() -> dg.DefaultScheduleStatus:
    """Status of the schedules until somebody changes it in the UI."""
    status = dg.DefaultScheduleStatus
    return status.RUNNING if is_unattended() else status.STOPPED


def sensor_status() -> dg.DefaultSensorStatus:
    """Status of the sensor until somebody changes it in the UI."""
    status = dg.DefaultSensorStatus
    return status.RUNNING if is_unattended() else status.STOPPED
