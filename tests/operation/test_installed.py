"""The wheel, installed apart from the checkout and run in an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dagster_project.project import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with the wheel's files; the packages it needs are those of this environment."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
         "--target", str(folder / "site"), str(wheel)],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "site"


@pytest.fixture(scope="module")
def run(installed, tmp_path_factory):
    """Runs code with the wheel's package in an empty folder, as a user with a home of her own."""
    place = tmp_path_factory.mktemp("elsewhere")
    environment = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("JUNHENG_", "DAGSTER_", "XDG_"))
    } | {
        "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(place / "home"),
        "JUNHENG_REPORT_COUNTIES": "1",
    }  # fmt: skip
    (place / "home").mkdir()

    def call(code: str, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=place, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return call


# Every command in one process, so that what they all import is imported once.
COMMANDS = """
import sys, dagster_project
from dagster_project.cli import main
print(dagster_project.__file__)
for command in sys.argv[1:]:
    sys.argv = ["junheng", *command.split()]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, f"{command}: exit code {ended.code}"
from dagster_project import definitions
print(*definitions.defs.get_repository_def().job_names)
"""


def files(folder: Path) -> dict[str, float]:
    return {str(p): p.stat().st_mtime for p in folder.rglob("*") if p.is_file()}


def test_the_sample_is_loaded_from_a_wheel_in_an_empty_folder(run, installed):
    before = files(installed)
    assert (installed / "dagster_project" / "py.typed").is_file()  # its types are for others too
    done = run(COMMANDS, "sample raw", "load", "report", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first.startswith(str(installed))
    assert {"yearly_load", "semester_load"} <= set(last.split())
    assert files(installed) == before
