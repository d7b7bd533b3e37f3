"""The code location that ``dagster dev`` and ``dg`` open."""

from dagster_project.defs.assembly import definitions

defs = definitions()
