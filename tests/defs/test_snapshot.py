"""The definitions as they are; a change here is one that the people who operate this will notice.

To accept a change: ``JUNHENG_WRITE_SNAPSHOT=1 make test ARGS=tests/defs/test_snapshot.py``.
"""

import json
import os
from pathlib import Path

SNAPSHOT = Path(__file__).with_name("definitions.json")


def described(defs):
    """Names, partitions, crons and tags of everything that the UI shows; no dbt tests."""
    graph = defs.resolve_asset_graph()
    repository = defs.get_repository_def()
    return {
        "assets": {
            key.to_user_string(): {
                "group": graph.get(key).group_name,
                "partitions": type(graph.get(key).partitions_def).__name__,
                "owners": sorted(graph.get(key).owners),
                "kinds": sorted(graph.get(key).kinds),
                "freshness": repr(graph.get(key).freshness_policy_or_from_metadata),
            }
            for key in sorted(graph.get_all_asset_keys())
            if len(key.path) == 1  # models have their schema before their name
        },
        "schemas_of_models": sorted(
            {key.path[0] for key in graph.get_all_asset_keys() if len(key.path) > 1}
        ),
        "own_checks": sorted(
            f"{key.asset_key.to_user_string()}:{key.name}"
            for key in graph.asset_check_keys
            if len(key.asset_key.path) == 1
        ),
        "jobs": {
            job.name: {
                "tags": dict(job.tags),
                "steps": sorted(node.name for node in job.graph.nodes),
            }
            for job in sorted(repository.get_all_jobs(), key=lambda job: job.name)
            if not job.name.startswith("__")
        },
        "schedules": {
            schedule.name: [
                schedule.job_name,
                schedule.cron_schedule,
                schedule.execution_timezone,
                schedule.default_status.value,
            ]
            for schedule in sorted(repository.schedule_defs, key=lambda s: s.name)
        },
        "sensors": {
            sensor.name: [
                sorted(target.job_name for target in sensor.targets),
                sensor.minimum_interval_seconds,
                sensor.default_status.value,
            ]
            for sensor in sorted(repository.sensor_defs, key=lambda s: s.name)
        },
    }


def test_the_definitions_are_those_of_the_snapshot():
    from dagster_project.definitions import defs

    found = described(defs)
    if os.environ.get("JUNHENG_WRITE_SNAPSHOT"):
        SNAPSHOT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(SNAPSHOT.read_text("utf-8"))
