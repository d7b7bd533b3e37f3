"""The small drop of the lake's tests, and a steering county that was loaded with secrets."""

import shutil

import pytest

from dagster_project.project import DAGSTER
from tests.hostile.steering import write_steering_county
from tests.lake.conftest import Drop
from tests.load.whole import Loaded, load_once

SECRETS = {
    "JUNHENG_WEBHOOK": "https://chat.example.invalid/hooks/planted-token",
    "JUNHENG_MAIL_SERVER": "smtp://bot:planted-password@mail.example.invalid:587",
    "JUNHENG_MAIL_TO": "data@example.invalid",
}


@pytest.fixture
def drop(tmp_path) -> Drop:
    return Drop(tmp_path)


@pytest.fixture(scope="session")
def steering_county(tmp_path_factory) -> Loaded:
    """Its load had receivers with secrets, and left its run in ``home`` beside the raw folder."""

    def drop(raw) -> None:
        write_steering_county(raw)
        (raw.parent / "home").mkdir(exist_ok=True)
        shutil.copy(DAGSTER / "dagster.yaml", raw.parent / "home")
        patch.setenv("DAGSTER_HOME", str(raw.parent / "home"))

    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        return load_once(tmp_path_factory, "steering", drop, reports=9)
