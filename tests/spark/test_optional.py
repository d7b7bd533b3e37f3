"""Where the extra is installed, the default build still knows nothing of it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.spark

_SCRIPT = """
import sys
sys.modules["pyspark"] = None  # importing it raises
from dagster_project.build.manifest import load_manifest
import dagster_project.build.dbt_project, dagster_project.build.on_spark
manifest = load_manifest()
print(manifest.metadata.adapter_type)
"""


def test_the_default_target_is_duckdb_and_needs_no_pyspark():
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "duckdb"


def test_rules_are_judged_in_a_process_without_a_main_file():
    script = (
        "import sys; from dagster_project.judgement.gx.library import great_expectations\n"
        "great_expectations(); import dagster_project.judgement.gx.counted\n"
        "print('pyspark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.split() == ["False"], done.stderr
