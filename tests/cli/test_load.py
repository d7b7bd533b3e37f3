"""What a load guesses before it starts, to get ready or not; bytes decide later."""

import time

from dagster_project.cli.load import _something_new
from dagster_project.settings import Settings


def test_helpers_are_wanted_where_a_file_came_since_the_last_publication(tmp_path):
    settings = Settings(raw=tmp_path / "raw", warehouse=tmp_path / "warehouse")
    file = settings.raw / "2023" / "autumn" / "县.csv"
    file.parent.mkdir(parents=True)
    file.write_text("a")
    assert _something_new(settings)
    time.sleep(0.05)
    (settings.versions / "1").mkdir(parents=True)
    settings.current.symlink_to("versions/1")
    assert not _something_new(settings)
    time.sleep(0.05)
    file.write_text("b")
    assert _something_new(settings)
