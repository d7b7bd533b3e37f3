"""Dagster's side: assets, checks, jobs, partitions, schedules, sensors, resources."""

import warnings

import dagster as dg

# Before any definition is made: what is in use here is pinned, and a log is for what concerns it.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
