"""A PostgreSQL server of the test's own: made, started and stopped with the binaries at hand."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

READY_SECONDS = 30


def binaries() -> Path | None:
    """Folder of ``initdb`` and ``postgres``: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []  # often a link
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_isready").exists()), None)


def _server_user() -> dict[str, str]:
    """Who the server runs as: it refuses to be root, so root needs the package's user."""
    if os.geteuid() != 0:
        return {}
    import pwd

    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("run as root, and there is no user 'postgres' that a server could run as")
    return {"user": "postgres", "group": "postgres"}


@contextmanager
def a_server() -> Iterator[str]:
    """URL of a fresh server that listens on a socket of its own and on no network."""
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    user = _server_user()
    root = Path(tempfile.mkdtemp(prefix="junheng-pg-"))
    try:
        if user:
            shutil.chown(root, **user)
        role = user.get("user") or getpass.getuser()
        _run([folder / "initdb", "-D", root / "data", "-U", role, "-A", "trust", "-N"], user)
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-k", str(root)]
        server = subprocess.Popen(
            [folder / "postgres", "-D", root / "data", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=root,
            **user,
        )
        try:
            _wait_for([folder / "pg_isready", "-q", "-h", root])
            yield f"postgresql://{role}@/postgres?host={root}"
        finally:
            server.terminate()
            server.wait(READY_SECONDS)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _run(command: list, user: dict[str, str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **user)
    assert done.returncode == 0, done.stderr


def _wait_for(command: list) -> None:
    for _ in range(READY_SECONDS * 10):
        if subprocess.run(command, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(f"the server did not come up in {READY_SECONDS} s")
