"""What became of a seed, model or test of a build, and telling whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SCRATCH = "scratch.duckdb"


@dataclass(frozen=True)
class NodeResult:
    """One seed, model or test of a run; ``failures`` counts the rows a test found at fault.

    ``files`` are the deliveries that they come from, as far as anybody can say.
    """

    unique_id: str
    name: str
    kind: str  # seed | model | test | unit_test
    status: str  # success | pass | fail | error | skipped | warn
    seconds: float
    message: str = ""
    failures: int = 0
    files: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the node failed itself; nodes skipped because of others did not."""
        return self.status in ("error", "fail", "runtime error")


OnEvent = Callable[[NodeResult, int, int], None]
"""Called with every finished node, how many are finished and how many there are."""


class Teller:
    """Tells ``on_event`` of finished nodes, and before the first of those that stand already."""

    def __init__(self, before: Sequence[NodeResult], on_event: OnEvent | None) -> None:
        self._before, self._on_event = before, on_event
        self._finished = 0

    def tell(self, node: NodeResult, total: int) -> None:
        """``node`` is finished, of ``total`` that there are without those before."""
        if self._on_event is None:
            return
        for finished in (*(self._before if not self._finished else ()), node):
            self._finished += 1
            self._on_event(finished, self._finished, total + len(self._before))
