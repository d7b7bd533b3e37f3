"""Passwords and tokens of the environment: in no report, log, memory of runs, finding or fault."""

from __future__ import annotations

import sqlite3
from urllib.parse import unquote

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from dagster_project.cli.app import app
from dagster_project.defs.notices import Notice, Receivers
from dagster_project.defs.storage import STORAGE, chosen_url
from dagster_project.machine.secret_address import taken_apart
from tests.hostile.conftest import SECRETS

PLANTED = "planted"


def test_nothing_that_a_load_leaves_holds_a_secret(steering_county):
    root = steering_county.settings.raw.parent
    looked_at = 0
    for path in root.rglob("*"):
        if path.is_file():
            looked_at += 1
            assert PLANTED.encode() not in path.read_bytes(), path
    assert looked_at > 100
    with sqlite3.connect(root / "home" / "history" / "runs.db") as runs:
        assert runs.execute("select count(*) from runs").fetchone()[0] >= 1


BADLY_WRITTEN = (
    "{scheme}://bot:planted/{host}", "{scheme}://bot:plan/planted@{host}:1",
    "{scheme}://bot:12#planted@{host}", "{scheme}://bot:12?planted@{host}",
    "{scheme}://bot:pl:planted@{host}:1", "{scheme}://bot:p@planted@{host}:planted",
    "{scheme}://bot:＠planted@{host}", "{scheme}://bot:[planted@{host}",
    "planted", "planted://planted@{host}", "bot:planted@{host}", "{scheme}:/planted",
    "{scheme}://planted\x1b@{host}:0", "{scheme}:// planted@{host}:99999999",
)  # fmt: skip


@pytest.mark.parametrize("address", BADLY_WRITTEN)
def test_a_badly_written_address_is_named_and_not_repeated(tmp_path, monkeypatch, address):
    host = "no-such-host.invalid"
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_text("storage: {custom: {class: ChosenStorage}}")
    monkeypatch.setenv(STORAGE, address.format(scheme="postgresql", host=host))
    monkeypatch.setenv("JUNHENG_WEBHOOK", address.format(scheme="https", host=host))
    monkeypatch.setenv("JUNHENG_MAIL_SERVER", address.format(scheme="smtps", host=host))
    monkeypatch.setenv("JUNHENG_MAIL_TO", "a@example.invalid")
    result = CliRunner().invoke(app, ["doctor", "--warehouse", str(tmp_path / "w")])
    assert result.exit_code == 1 and "storage" in result.output, result.output
    assert isinstance(result.exception, SystemExit)
    told = Receivers.from_environment().model_copy(update={"pause_seconds": 0})
    said = told.send(Notice("run_failed", "s", "t", {}))
    assert len(said) == 2
    assert PLANTED not in result.output + "".join(said)
    try:
        chosen_url()
    except dg.DagsterInvariantViolationError as error:
        assert PLANTED not in str(error) and error.__cause__ is None and error.__suppress_context__


@given(st.text(min_size=4).filter(lambda text: text not in "JUNHENG_MAIL_SERVER has no address"))
def test_a_password_is_read_whole_or_the_address_refused(password):
    address = f"postgresql://user:{password}@host:5432/database"
    try:
        parts = taken_apart("X", address, ["postgresql"])
    except ValueError as error:
        assert password not in str(error)
        return
    clean = "".join(c for c in password if c not in "\t\r\n")  # addresses are read without them
    assert (parts.username, parts.hostname, parts.port) == ("user", "host", 5432)
    assert unquote(parts.password) == unquote(clean)


@given(st.text(min_size=1))
def test_the_storage_gets_the_password_as_it_was_meant(password):
    from sqlalchemy.engine import make_url

    with pytest.MonkeyPatch.context() as patch:
        quoted = password.replace("\0", "")
        patch.setenv(STORAGE, f"postgresql://us%40er:{quoted}@host/database?sslmode=require")
        try:
            url = make_url(chosen_url())
        except dg.DagsterInvariantViolationError:
            return
    meant = unquote("".join(c for c in quoted if c not in "\t\r\n"))
    assert (url.username, url.password, url.host) == ("us@er", meant, "host")
    assert url.query == {"sslmode": "require"}


def test_the_planted_ones_were_in_force(steering_county):
    assert all(PLANTED in value for name, value in SECRETS.items() if not name.endswith("_TO"))
