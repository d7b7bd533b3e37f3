"""What the operating system says of a file or disk, in the language of whoever reads it."""

from __future__ import annotations

import errno

from dagster_project.messages.message import Message, is_id


def of_system(error: OSError) -> Message:
    """The kind of ``error``; one that has no sentence of ours is told as the system tells it."""
    identity = f"os.{errno.errorcode.get(error.errno or 0, '').lower()}"
    if is_id(identity):
        return Message(identity)
    return Message(error.strerror or str(error) or type(error).__name__)


def of_system_with_file(error: OSError) -> Message:
    """The same, and the file that it happened to."""
    if error.filename is None:
        return of_system(error)
    return Message("os.of_file", {"what": of_system(error), "file": str(error.filename)})
