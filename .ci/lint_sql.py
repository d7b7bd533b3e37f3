"""The style of the models (.sqlfluff), looked at as dbt compiles them.

Macros ask the seeds for settings and words, so dbt compiles beside a database that holds them.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from dagster_project.project import DBT
from dagster_project.transform.seeds import copy_seeds, kept_seeds

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """Exit code of sqlfluff; ``arguments`` are its own, by default all models."""
    command = [sys.executable, "-m", "sqlfluff", "lint", "--disable-progress-bar"]
    with tempfile.TemporaryDirectory() as build:
        copy_seeds(kept_seeds(DBT), Path(build))
        places = {"JUNHENG_BUILD": build, "DBT_TARGET_PATH": f"{build}/dbt"}
        return subprocess.run(
            [*command, *(arguments or ["dbt/models"])], cwd=ROOT, env=os.environ | places
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
