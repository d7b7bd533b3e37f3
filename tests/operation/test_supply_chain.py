"""What is installed: pinned with hashes, the tools apart from the product, licences told."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dagster_project.project import ROOT

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>[^\\]+))?")
# Licences that ask for more than to be named: copyleft, and whatever is neither that nor known.
_ASKS_FOR_MORE = re.compile(r"GPL|MPL|EPL|CDDL|EUPL|Artistic|Mozilla|Eclipse|SSPL|BUSL|Proprietary")

if not (ROOT / "requirements.lock").exists():
    pytest.skip("the locks stand in a checkout only", allow_module_level=True)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def entries(name: str) -> dict[tuple[str, str], list[str]]:
    """The pins of a lock, by package and version: the lines that belong to each."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if pin := _PIN.match(line):
            lines = found.setdefault((pin["name"], pin["version"]), [])
        elif line.strip() and not line.lstrip().startswith("#"):
            lines.append(line)
    return found


def packages(name: str) -> set[str]:
    return {package for package, _ in entries(name)}


def asked_for(lines) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines if isinstance(line, str)}


RUN, BUILD, DEV = "requirements.lock", "requirements-build.lock", "requirements-dev.lock"
GROUPS = PROJECT["dependency-groups"]


@pytest.mark.parametrize("lock", [RUN, BUILD, DEV])
def test_everything_is_pinned_with_hashes_and_names_no_index(lock):
    for pin, lines in entries(lock).items():
        assert lines and all(re.match(r"\s+--hash=sha256:[0-9a-f]{64}", line) for line in lines), (
            pin
        )
    assert "://" not in (ROOT / lock).read_text("utf-8")


def test_the_locks_hold_what_is_asked_for_and_the_product_no_tools():
    extras = PROJECT["project"]["optional-dependencies"]["postgres"]
    assert asked_for([*PROJECT["project"]["dependencies"], *extras]) <= packages(RUN)
    assert asked_for(GROUPS["build"]) <= packages(BUILD)
    assert asked_for([*GROUPS["dev"], *GROUPS["audit"]]) <= packages(DEV)
    tools = asked_for([*GROUPS["dev"], *GROUPS["build"], *GROUPS["audit"]]) - asked_for(extras)
    assert tools & packages(RUN) == set()


def test_a_package_has_one_version_in_all_locks():
    run, others = entries(RUN), [*entries(BUILD), *entries(DEV)]
    assert [pin for pin in others if pin[0] in packages(RUN) and pin not in run] == []


def test_nothing_is_installed_without_its_hash():
    text = "\n".join((ROOT / name).read_text("utf-8") for name in (
        "Makefile", "dagster_project/deploy/Containerfile", ".ci/run"))  # fmt: skip
    logical = text.replace("\\\n", " ").splitlines()
    macros = (re.match(r"(\w+) := .*--require-hashes", line) for line in logical)
    by_macro = {found[1] for found in macros if found}
    assert by_macro == {"INSTALL", "BY_PIP"}
    installs = [line for line in logical if re.search(r"pip install (?!.*--require-hashes)", line)]
    # The checkout itself, and the extra that only its own tests install.
    allowed = ("--editable .", "--extra spark", "--no-deps --no-index /tmp/wheel/")
    assert [line for line in installs if not any(word in line for word in allowed)] == []


def test_the_notice_names_every_licence_that_asks_for_more():
    wanting = {}
    for name in packages(RUN):
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:  # of another system
            continue
        kinds = [about.get("License-Expression"), (about.get("License") or "")[:100],
                 *(c for c in about.get_all("Classifier") or [] if "License" in c)]  # fmt: skip
        told = " ".join(filter(None, kinds))
        if not told or _ASKS_FOR_MORE.search(told):
            wanting[name] = told
    notice = (ROOT / "NOTICE").read_text("utf-8")
    table = notice.split("\n\n")[2].splitlines()[1:]
    assert {line.split()[0] for line in table} == wanting.keys(), wanting
    assert not re.search(r"\b(AGPL|SSPL|BUSL)", notice)
    assert "NOTICE" in PROJECT["project"]["license-files"]


# ------------------------------------------------------------------------------------- the audit


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _answer(*vulns) -> str:
    package = {"name": "a", "version": "1", "vulns": list(vulns)}
    return json.dumps({"dependencies": [package, {"name": "b", "version": "2", "vulns": []}]})


@pytest.mark.parametrize(
    ("answer", "complaint", "code", "said"),
    [
        (_answer(), "", 0, "audited: 2 packages"),
        (_answer({"id": "X-1", "fix_versions": ["3"]}), "Found 1", 1, "a 1: X-1 (mended in 3)"),
        ("", "requests.exceptions.ConnectionError: Max retries", 0, "not audited"),
        ("", "ERROR: package b is not hashed", 1, "pip-audit failed"),
    ],
)  # fmt: skip
def test_the_audit_fails_for_known_faults_only(audit, answer, complaint, code, said):
    exit_code, sentences = audit.judged(answer, complaint)
    assert exit_code == code and said in sentences[0]


def test_the_audit_looks_at_every_lock(audit):
    assert set(audit.LOCKS) == {path.name for path in ROOT.glob("requirements*.lock")}


def test_the_product_asks_for_nothing_that_it_does_not_import():
    run_by_people = {"dagster-webserver"}  # dagster dev
    imported = set()
    for path in (ROOT / "dagster_project").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    behind = {
        canonicalize_name(package)
        for module, offered in metadata.packages_distributions().items()
        if module in imported
        for package in offered
    }
    asked = {canonicalize_name(Requirement(one).name) for one in PROJECT["project"]["dependencies"]}
    assert asked - behind == run_by_people
