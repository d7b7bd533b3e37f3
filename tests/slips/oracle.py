"""What a slip does to the figures, by the forms' own arithmetic (DOMAIN §1 and §4).

Nothing here knows the rule catalogue. A slip is *impossible* where it breaks an identity of the
forms, or leaves what is no figure; it is *large* where a printed figure doubles or halves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.slips.making import COUNTS
from tests.slips.places import Place

IMPOSSIBLE, LARGE, SMALL = "impossible", "large", "small"

_BINS = ("le25", "26_30", "31_35", "36_40", "41_45", "46_50", "51_55", "56_60", "61_65", "ge66")
_SUMS = {
    "pupils": [f"pupils_grade_{n}" for n in range(1, 7)],
    "pupils_girls": [f"girls_grade_{n}" for n in range(1, 7)],
    "classes": [f"classes_{size}" for size in _BINS],
    "classes ": [f"classes_grade_{n}" for n in range(1, 7)],
    "teachers": ["teachers_doctor", "teachers_master", "teachers_bachelor", "teachers_associate",
                 "teachers_upper_secondary", "teachers_below_upper_secondary"],
    "teachers ": [f"teachers_title_{t}" for t in ("full_senior", "associate_senior", "intermediate",
                                                  "assistant", "junior", "none")],
    "teachers  ": [f"teachers_age_{a}" for a in ("le24", "25_29", "30_34", "35_39", "40_44",
                                                 "45_49", "50_54", "55_59", "ge60")],
    "staff": [f"staff_{k}" for k in ("teachers", "admin", "support", "workers", "other")],
    "building_area_m2": [f"{k}_area_m2" for k in ("teaching", "admin", "living", "other")],
}  # fmt: skip
_PARTS = (
    ("pupils_girls", "pupils"), ("teachers_women", "teachers"), ("backbone_teachers", "teachers"),
    ("pupils_boarding", "pupils"), ("pupils_migrant", "pupils"), ("graduates_girls", "graduates"),
    ("unsafe_area_m2", "building_area_m2"), ("teachers_trained_360h", "teachers"),
    ("teachers_certified", "teachers"), ("nearby_entrants", "entrants"),
    ("training_budget_yuan", "running_budget_yuan"), ("exchange_moved", "exchange_eligible"),
    ("exchange_moved_backbone", "exchange_moved"), ("quota_places", "senior_places"),
    ("migrant_children_placed", "migrant_children"),
    ("left_behind_children_placed", "left_behind_children"),
)  # fmt: skip
_RATIOS = (
    ("above", "pupils"), ("backbone_teachers", "pupils"), ("teachers_pe", "pupils"),
    ("teaching_area_m2", "pupils"), ("sports_ground_area_m2", "pupils"),
    ("equipment_value_yuan", "pupils"), ("multimedia_rooms", "pupils"), ("pupils", "classes"),
    *_PARTS[7:],
)  # fmt: skip
_NOT_PRINTED = ("fixed_assets_yuan", "equipment_new_yuan")
_DEGREES = ("teachers_doctor", "teachers_master", "teachers_bachelor")
_PRINTED = ("pupils", "classes", "teachers", "staff", "graduates", "entrants")
_RATES = ("satisfaction_rate", "nearby_rate_primary", "nearby_rate_junior")


def effect(changed: list[tuple[Place, object]], figures: Mapping[str, float | None]) -> str:
    """What the ``changed`` figures do to one school's stage, whose ``figures`` were sound."""
    after = dict(figures)
    for place, value in changed:
        if isinstance(value, str):
            return IMPOSSIBLE  # text in a cell of figures, a code beside another's label
        if value is not None and value < 0:
            return IMPOSSIBLE
        if value is not None and value != int(value) and place.unit in COUNTS:
            return IMPOSSIBLE
        after[place.name] = value
    if set(_broken(after)) - set(_broken(figures)):
        return IMPOSSIBLE
    return LARGE if _doubled(figures, after) else SMALL


def _broken(figures: Mapping[str, float | None]) -> Iterator[str]:
    for name, parts in _SUMS.items():
        total = figures.get(name.strip())
        known = [figures.get(part) or 0 for part in parts]
        if any(known) and (total is None or abs(sum(known) - total) > 0.05):
            yield name
    for part, whole in _PARTS:
        one, other = figures.get(part), figures.get(whole)
        if one is not None and other is not None and one > other:
            yield f"{part} of {whole}"
    for rate in _RATES:
        if (figures.get(rate) or 0) > 100:
            yield rate
    sizes = [(figures.get(f"classes_{size}") or 0, size) for size in _BINS]
    if any(count for count, _ in sizes) and figures.get("pupils") is not None:
        most = sum(count * (int(size[-2:]) if size != "ge66" else 10**6) for count, size in sizes)
        least = sum(count * (0 if size == "le25" else int(size.removeprefix("ge")[:2]))
                    for count, size in sizes)  # fmt: skip
        if not least <= figures["pupils"] <= most:
            yield "pupils in their bins"


def _doubled(before: Mapping, after: Mapping) -> bool:
    before, after = (
        {**figures, "above": sum(figures.get(name) or 0 for name in _DEGREES)}
        for figures in (before, after)
    )
    pairs = [(before.get(n), after.get(n)) for n in _PRINTED]
    pairs += [(_ratio(before, *pair), _ratio(after, *pair)) for pair in _RATIOS]
    pairs += [
        (old, after.get(name))
        for name, old in before.items()
        if name.endswith("_yuan") and name not in ("equipment_value_yuan", *_NOT_PRINTED)
    ]
    return any(old and new is not None and (new >= 2 * old or new <= old / 2) for old, new in pairs)


def _ratio(figures: Mapping, one: str, other: str) -> float | None:
    if figures.get(one) is None or not figures.get(other):
        return None
    return figures[one] / figures[other]
