"""What can be wrong with an installation, found before a load finds it.

Every check is a function of the settings that yields findings: a sentence for what is well, and
for what is not a sentence that says what to do. Looking changes nothing.
"""

from __future__ import annotations

from dagster_project.doctor.finding import Finding, Level
from dagster_project.doctor.installation import clock, installation, language
from dagster_project.doctor.instance import instance, receivers, storage
from dagster_project.doctor.lake_storage import stored
from dagster_project.doctor.machine import disk, machine, permissions, physical_memory
from dagster_project.doctor.warehouse import published, raw_layout
from dagster_project.settings import Settings

__all__ = ["CHECKS", "Finding", "Level", "examine", "physical_memory"]

CHECKS = (
    installation,
    language,
    clock,
    instance,
    storage,
    receivers,
    machine,
    disk,
    permissions,
    raw_layout,
    published,
    stored,
)


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which a person would look."""
    return [finding for check in CHECKS for finding in check(settings)]
