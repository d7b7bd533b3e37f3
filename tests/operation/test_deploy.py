"""The files to deploy with: units that systemd takes, an image that runs as nobody special."""

import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from dagster_project.project import ROOT
from dagster_project.variables import TABLE, values

DEPLOY = ROOT / "dagster_project" / "deploy"
UNITS = ("junheng-daemon.service", "junheng-webserver.service")


def unit(name: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    parser.read(DEPLOY / name, encoding="utf-8")
    return parser


def variables() -> dict[str, str]:
    """Name and value of every variable in ``junheng.env``, also of those that are off."""
    text = (DEPLOY / "junheng.env").read_text("utf-8")
    return dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_units_without_a_word(tmp_path):
    for name in UNITS:
        text = (DEPLOY / name).read_text("utf-8")
        here = text.replace("/opt/junheng/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / name).write_text(here, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", *UNITS],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    about_ours = [line for line in done.stderr.splitlines() if "junheng" in line]
    assert done.returncode == 0 and about_ours == []


@pytest.mark.parametrize("name", UNITS)
def test_a_service_has_no_more_rights_than_it_needs(name):
    service = unit(name)["Service"]
    assert service["User"] == "junheng" and service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict" and "MemoryMax" in service
    # Deliveries are never changed, and only the daemon writes the warehouse.
    assert "/srv/junheng/raw" not in service["ReadWritePaths"].split()
    assert ("/srv/junheng/warehouse" in service["ReadWritePaths"].split()) == ("daemon" in name)
    assert "Environment" not in service


def test_the_ui_listens_on_this_machine_only():
    assert "-h 127.0.0.1" in unit("junheng-webserver.service")["Service"]["ExecStart"]
    assert "-p 127.0.0.1:3000:3000" in (DEPLOY / "README.md").read_text("utf-8")


def test_the_paths_of_units_and_environment_are_the_same():
    service = unit("junheng-daemon.service")["Service"]
    values = variables()
    writable = service["ReadWritePaths"].split()
    assert {values["JUNHENG_WAREHOUSE"], values["DAGSTER_HOME"]} == set(writable)
    assert values["JUNHENG_RAW"] == service["ReadOnlyPaths"]


@pytest.mark.parametrize("name", UNITS)
def test_no_service_starts_where_a_developers_env_file_would_overrule_its_own(name):
    assert unit(name)["Service"]["WorkingDirectory"] == variables()["DAGSTER_HOME"]
    assert ".env" not in (DEPLOY / "Containerfile").read_text("utf-8").split()


def test_every_variable_that_is_read_is_known_and_every_known_one_is_documented():
    named = set()
    for path in (ROOT / "dagster_project").rglob("*.py"):
        named |= set(re.findall(r"[\"'](JUNHENG_[A-Z_]+)[\"']", path.read_text("utf-8")))
    # What a build tells dbt of its own paths and years is nobody's to set.
    inside = {"JUNHENG_LAKE", "JUNHENG_SELECTION", "JUNHENG_JUDGEMENT", "JUNHENG_BUILD",
              "JUNHENG_TEMP", "JUNHENG_PLAN"}  # fmt: skip
    assert named - inside == {variable.name for variable in TABLE}
    developers = {"JUNHENG_TRACEBACK", "JUNHENG_SPARK_CATALOG"}
    assert named - inside - developers <= set(variables())
    text = (DEPLOY / "README.md").read_text("utf-8")
    for v in TABLE:
        assert f"| `{v.name}` | {v.default or '–'} | {v.meaning} |" in text


def test_the_example_says_what_may_be_said():
    given = {name: text for name, text in variables().items() if name.startswith("JUNHENG_")}
    assert values(given)["JUNHENG_MEMORY_LIMIT"] == "2GB"


def test_the_image_runs_as_nobody_special_and_copies_what_there_is():
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    lines = [line.split() for line in text.splitlines()]
    users = [line[1] for line in lines if line[:1] == ["USER"]]
    assert users == ["junheng"] and lines[-1][0] == "CMD"
    assert text.index("USER junheng") < text.index("HEALTHCHECK")
    copied = [word for line in lines if line[:1] == ["COPY"] for word in line[1:-1]]
    for name in (word for word in copied if not word.startswith("--")):
        assert (ROOT / name).exists(), name
    assert os.access(DEPLOY / "daemon.sh", os.X_OK)
    subprocess.run(["sh", "-n", DEPLOY / "daemon.sh"], check=True)
