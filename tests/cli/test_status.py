"""What `junheng status` says of the run before, where that published nothing."""

import json

from dagster_project.cli.status import run
from dagster_project.settings import Settings


def journal(settings, name, *events):
    settings.logs.mkdir(parents=True, exist_ok=True)
    lines = [{"time": "2026-11-28T08:00:00", "event": event, **facts} for event, facts in events]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    (settings.logs / f"{name}.jsonl").write_text(text, "utf-8")


def test_status_shows_what_stands_in_the_way(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("JUNHENG_LANG", "en")
    settings = Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse")
    begun = ("run_begun", {})
    journal(settings, "20261128T080000Z-a", begun, ("fault", {"fault": "甲表有错。"}),
            ("outcome", {"outcome": "failed"}))  # fmt: skip
    assert run(settings) == 0
    said = capsys.readouterr().out
    assert (
        "The last load (2026-11-28 16:00 (Beijing time)) published nothing:" in said
        and "甲表有错。" in said
    )
    journal(settings, "20261128T090000Z-b", begun)
    run(settings)
    assert "was cut off" in capsys.readouterr().out
    journal(settings, "20261128T100000Z-c", begun, ("outcome", {"outcome": "published"}))
    run(settings)
    assert "last load" not in capsys.readouterr().out
