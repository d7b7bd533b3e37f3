"""Every sentence that is said to people, in English and Chinese: refusals, faults, summaries …

A sentence stands in the catalogue of its room (``census.yml``, ``lake.yml`` …) under an id, with
holes for values. The code names the id and the values; it is put into words where somebody reads
it, in the language that they read. ``CONTRIBUTING.md`` says how one is added.
"""

from dagster_project.messages.language import LANGUAGES, from_environment, spoken
from dagster_project.messages.message import (
    Message,
    MessageError,
    by_language,
    catalogue,
    clauses,
    coded,
    in_a_row,
    lines,
    named,
    parts_of,
    say,
)
from dagster_project.messages.system import of_system, of_system_with_file

__all__ = [
    "LANGUAGES",
    "Message",
    "MessageError",
    "by_language",
    "catalogue",
    "clauses",
    "coded",
    "from_environment",
    "in_a_row",
    "lines",
    "named",
    "of_system",
    "of_system_with_file",
    "parts_of",
    "say",
    "spoken",
]
