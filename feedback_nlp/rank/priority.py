"""Puts the parts together: a weighted mean on 0–100, with an interval from the people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from feedback_nlp.config import RankConfig
from feedback_nlp.one_thread import one_thread
from feedback_nlp.rank.evidence import People, Subject, gather_people
from feedback_nlp.rank.parts import (
    people_part,
    reach_part,
    segment_part,
    severity_part,
    trend_part,
)
from feedback_nlp.records import Voice

_INTERVAL = (5.0, 95.0)


@dataclass(frozen=True, slots=True)
class Priority:
    """One subject's place in the list, and why.

    Attributes:
        subject_id: What is ranked.
        position: 1 for the first.
        score: 0–100, one decimal.
        low, high: 90 % interval from resampling the people; equal to score without resampling.
        parts: Each part, 0–1, three decimals; only those that are known.
        weights: The weight of each known part; they sum to 1.
        missing: Parts nobody supplied; their weight went to the others in proportion.
        people_count: Distinct people within the ranking's horizon.
        week_people_count: Distinct people in the ranked week.
        usual_people: Mean people a week over the trend's history.
        version: Edition of the weights, see :attr:`feedback_nlp.config.RankConfig.edition`.
    """

    subject_id: int
    position: int
    score: float
    low: float
    high: float
    parts: Mapping[str, float]
    weights: Mapping[str, float]
    missing: tuple[str, ...]
    people_count: int
    week_people_count: int
    usual_people: float
    version: str


def rank(
    subjects: Sequence[Subject],
    voices: Iterable[Voice],
    config: RankConfig,
    *,
    history_weeks: int,
    exposure: float = 1.0,
    product: str | None = None,
) -> list[Priority]:
    """Rank subjects by priority; ties by people, then by id. Deterministic.

    Args:
        subjects: What to rank. A subject without voices is left out.
        voices: All their evidence up to the end of the ranked week.
        config: Weights and scales.
        history_weeks: Weeks of data before the ranked week, so that a young data set does
            not look like a sudden rise.
        exposure: Volume of the week against a usual one, above 0.
        product: Whose weights to use, if the configuration has its own for it.
    """
    return placed(
        scored(
            subjects,
            voices,
            config,
            history_weeks=history_weeks,
            exposure=exposure,
            product=product,
        )
    )


def scored(
    subjects: Sequence[Subject],
    voices: Iterable[Voice],
    config: RankConfig,
    *,
    history_weeks: int,
    exposure: float = 1.0,
    product: str | None = None,
) -> list[Priority]:
    """Score subjects as :func:`rank` does, without places: a score looks at no other subject."""
    by_subject: dict[int, list[Voice]] = defaultdict(list)
    for voice in voices:
        by_subject[voice.subject_id].append(voice)
    weights = config.weights_for(product)
    history = min(history_weeks, config.trend_history_weeks)
    with one_thread():
        return [
            _score(
                subject,
                gather_people(by_subject[subject.subject_id], config),
                config,
                weights,
                history,
                exposure,
            )
            for subject in subjects
            if by_subject[subject.subject_id]
        ]


def placed(scores: Iterable[Priority]) -> list[Priority]:
    """Return scores in order with their places; ties by people, then by id."""
    order = sorted(scores, key=lambda item: (-item.score, -item.people_count, item.subject_id))
    return [replace(item, position=position) for position, item in enumerate(order, start=1)]


def ranked_last(ranking: Sequence[Priority], last: Collection[int]) -> list[Priority]:
    """Return the ranking with the given subjects after all others, renumbered."""
    order = sorted(ranking, key=lambda item: (item.subject_id in last, item.position))
    return [replace(item, position=position) for position, item in enumerate(order, start=1)]


def _score(
    subject: Subject,
    people: People,
    config: RankConfig,
    weights: Mapping[str, float],
    history_weeks: int,
    exposure: float,
) -> Priority:
    # Poisson resampling: each person counts 0, 1, 2 … times, so that the number of people
    # varies too. Seeded by subject: other subjects coming and going change nothing.
    generator = np.random.default_rng([config.seed, subject.subject_id])
    resamples = generator.poisson(1.0, size=(config.bootstrap_samples, people.count))
    rows = np.vstack([np.ones((1, people.count)), resamples])
    parts: dict[str, np.ndarray | None] = {
        "people": people_part(people, rows, config),
        "severity": severity_part(people, rows, config),
        "trend": trend_part(people, rows, config, history_weeks, exposure),
        "reach": reach_part(people, rows),
        "segment": segment_part(people, rows),
        "strategic": _constant(subject.strategic, len(rows)),
        "ease": _constant(None if subject.effort is None else 1 - subject.effort, len(rows)),
    }
    known = {name: part for name, part in parts.items() if part is not None and weights.get(name)}
    total_weight = sum(weights[name] for name in known)
    shares = {name: weights[name] / total_weight for name in known}
    scores = 100 * np.sum([shares[name] * known[name] for name in known], axis=0)
    low, high = np.percentile(scores[1:], _INTERVAL) if len(scores) > 1 else (scores[0], scores[0])
    weekly = people.weeks.sum(axis=0)
    return Priority(
        subject_id=subject.subject_id,
        position=0,
        score=round(float(scores[0]), 1),
        low=round(float(min(low, scores[0])), 1),
        high=round(float(max(high, scores[0])), 1),
        parts={name: round(float(part[0]), 3) for name, part in known.items()},
        weights={name: round(share, 4) for name, share in shares.items()},
        missing=tuple(name for name, part in parts.items() if part is None and weights.get(name)),
        people_count=people.count,
        week_people_count=int(weekly[0]),
        usual_people=(
            round(float(weekly[1 : history_weeks + 1].mean()), 2) if history_weeks else 0.0
        ),
        version=config.edition,
    )


def _constant(value: float | None, rows: int) -> np.ndarray | None:
    return None if value is None else np.full(rows, value)
