"""The order of requests under other weights: what a slider shows before anybody decides.

A score is the weighted mean of the stored parts, as in :mod:`feedback_nlp.rank.priority`, so
that the configured weights give the stored scores again. Intervals need the people behind the
parts; ``replay`` computes those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlmodel import Session

from feedback_nlp.errors import InputError
from feedback_nlp.requests.named import with_named
from feedback_nlp.requests.reading import RequestRow
from feedback_nlp.store.tables import WEIGHT_SCHEMES, Setting

_SETTING = WEIGHT_SCHEMES
_MAX_SCHEMES = 30
ALWAYS_KNOWN = ("people", "severity", "trend")


class Reweighed(NamedTuple):
    """A request under other weights.

    Attributes:
        score: 0–100, one decimal; ``None`` without parts.
        place, place_before: 1 for the first.
    """

    row: RequestRow
    score: float | None
    place: int
    place_before: int

    @property
    def moved(self) -> int:
        """Places up (positive) or down."""
        return self.place_before - self.place


def reweigh(rows: Sequence[RequestRow], weights: Mapping[str, float]) -> list[Reweighed]:
    """Return requests in the order of other weights.

    Args:
        rows: In the present order.
        weights: By part, 0 or more; parts that a request lacks give their weight to the others.

    Raises:
        InputError: If people, severity and trend all weigh nothing: some requests would have
            no score.
    """
    if sum(weights.get(name, 0.0) for name in ALWAYS_KNOWN) <= 0:
        raise InputError("人数、严重程度、趋势三项的权重不能全为 0", hint="至少给其中一项一点权重")
    scored = [(_score(row.parts, weights), place, row) for place, row in enumerate(rows, start=1)]
    scored.sort(key=lambda item: (item[0] is None, -(item[0] or 0.0), item[1]))
    return [
        Reweighed(row, score, place, before)
        for place, (score, before, row) in enumerate(scored, start=1)
    ]


def schemes(session: Session) -> dict[str, dict[str, float]]:
    """Return the saved weights by name."""
    setting = session.get(Setting, _SETTING)
    return dict(setting.value) if setting is not None else {}


def save_scheme(session: Session, name: str, weights: Mapping[str, float]) -> None:
    """Keep weights under a name, in place of what was kept under it.

    Raises:
        InputError: If the name is not usable or there are too many.
    """
    kept = with_named(schemes(session), name, dict(weights), what="方案", most=_MAX_SCHEMES)
    setting = session.get(Setting, _SETTING) or Setting(key=_SETTING)
    setting.value = kept
    session.add(setting)


def drop_scheme(session: Session, name: str) -> dict[str, float]:
    """Forget the weights under a name and return them; a name that is not kept has none."""
    kept = schemes(session)
    dropped = kept.pop(name, {})
    setting = session.get(Setting, _SETTING)
    if setting is not None:
        setting.value = kept
        session.add(setting)
    return dropped


def _score(parts: Mapping[str, float], weights: Mapping[str, float]) -> float | None:
    known = {name: weights.get(name, 0.0) for name in parts}
    total = sum(known.values())
    if total <= 0:
        return None
    return round(100 * sum(known[name] * value for name, value in parts.items()) / total, 1)
