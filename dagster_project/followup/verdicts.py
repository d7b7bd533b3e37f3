"""What reviews make of flags. Pure decisions.

* Confirmed means: the county has looked, and says why the figure is as it is; an explanation is
  needed. A confirmed soft flag is explained. A confirmed hard flag keeps its figure out of the
  indicators all the same, for what is impossible stays impossible.
* Waived means: the figure counts in spite of the flag. A hard flag needs an explanation for that.
* A review belongs to a figure: when the figure changes, the flag's id does, and the review lapses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dagster_project.followup.reviews import CONFIRMED, PENDING, WAIVED, Review, Reviews
from dagster_project.messages import Message

APPLIED, LAPSED, REFUSED, OVERRULED = "applied", "lapsed", "refused", "overruled"
_OPEN = "open"
_HARD = "hard"


def apply(flags: Iterable[Mapping[str, object]], reviews: Reviews) -> tuple[list[dict], list[dict]]:
    """The flags with the reviews' statuses and notes, and a row per review with its outcome."""
    standing = {str(flag["flag_id"]): flag for flag in flags}
    last = select_in_force(reviews.entries)
    rows = []
    for review in reviews.entries:
        flag = standing.get(review.flag_id)
        outcome, problem = _decide(review, flag, last)
        rows.append(_row(review.at_fault(problem) if problem else review, outcome))
        if outcome == APPLIED and flag is not None:
            status = flag["status"] if review.decision == PENDING else review.decision
            standing[review.flag_id] = {
                **flag,
                "status": status,
                "note": write_note(review) or None,
            }
    return [dict(flag) for flag in standing.values()], rows


def select_in_force(entries: Iterable[Review]) -> dict[str, Review]:
    """The review that counts for each flag: the latest by date, then the last one read."""
    last: dict[str, Review] = {}
    for review in entries:
        if review.decision is None:
            continue
        before = last.get(review.flag_id)
        if before is None or review.reviewed_on >= before.reviewed_on:
            last[review.flag_id] = review
    return last


def find_refusal(review: Review, severity: str) -> Message | None:
    """Why a review cannot count for a flag of this severity; ``None`` if it can."""
    if review.explanation:
        return None
    if review.decision == CONFIRMED:
        return Message("followup.confirmed_without_why")
    if review.decision == WAIVED and severity == _HARD:
        return Message("followup.waived_without_why")
    return None


def write_note(review: Review) -> str:
    """The explanation with who gave it and when: 已核实（张三，2024-03-01）."""
    who = "，".join(part for part in (review.reviewer, review.reviewed_on) if part)
    return f"{review.explanation}（{who}）" if who else review.explanation


def _decide(
    review: Review, flag: Mapping[str, object] | None, last: Mapping[str, Review]
) -> tuple[str, Message | None]:
    if review.decision is None:
        return REFUSED, None
    if flag is None or (flag["status"] != _OPEN and last[review.flag_id] is review):
        return LAPSED, None
    if last[review.flag_id] is not review:
        return OVERRULED, None
    problem = find_refusal(review, str(flag["severity"]))
    return (REFUSED, problem) if problem else (APPLIED, None)


def _row(review: Review, outcome: str) -> dict[str, object]:
    return {
        "flag_id": review.flag_id or None,
        "decision": review.decision,
        "explanation": review.explanation or None,
        "reviewer": review.reviewer or None,
        "reviewed_on": review.reviewed_on or None,
        "file": f"reviews/{review.file}",
        "sheet": review.sheet,
        "cell": review.cell,
        "outcome": outcome,
        "problem": review.problem,
        "message": review.message,
    }
