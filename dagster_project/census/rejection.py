"""The one way a raw file is refused: a sentence for the person who can repair it."""

from __future__ import annotations


class FileRejected(Exception):
    """A raw file that cannot be loaded; nothing of it enters the lake.

    ``reason`` says what was found and what was expected, ``advice`` what to do next; both are full
    sentences. ``sheet`` and ``cell`` (``"D12"``, or ``"row 57"`` in a text file) say where, as far
    as there is a where.
    """

    def __init__(
        self,
        reason: str,
        *,
        advice: str = "",
        sheet: str | None = None,
        cell: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.sheet = sheet
        self.cell = cell

    def __reduce__(self):
        # The exception crosses process borders: files are read by worker processes.
        return _rebuild, (self.reason, self.advice, self.sheet, self.cell)

    @property
    def sentence(self) -> str:
        """Reason and advice as one text, as it is printed and published."""
        return f"{self.reason} {self.advice}".strip()


def _rebuild(reason: str, advice: str, sheet: str | None, cell: str | None) -> FileRejected:
    return FileRejected(reason, advice=advice, sheet=sheet, cell=cell)
