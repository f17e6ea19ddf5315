"""What the ranking looks at: one voice a unit, gathered into people before anything is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.config import RankConfig
from feedback_nlp.labels import Signal
from feedback_nlp.records import Voice

#: Dimensions in which a subject can reach far or stay narrow.
REACH_DIMENSIONS = ("channel", "app_version", "region")


@dataclass(frozen=True, slots=True)
class Subject:
    """A topic or request to be ranked, with what people added to it.

    Attributes:
        subject_id: The id that voices refer to.
        strategic: 0–1, or ``None`` if nobody said.
        effort: 0–1 (1 is most work), or ``None`` if nobody said.
    """

    subject_id: int
    strategic: float | None = None
    effort: float | None = None


@dataclass(frozen=True, slots=True)
class People:
    """The distinct people behind one subject, one array entry a person.

    Attributes:
        weeks: (n, w) bool; ``weeks[i, k]`` if person i spoke k weeks ago, k < w.
        last_weeks_ago: (n,) int, when the person last spoke.
        severity: (n,) 0–1, the gravest thing the person said.
        churns: (n,) bool, the person threatens to leave.
        segment_value: (n,) 0–1, NaN if the segment is unknown or has no value.
        reach: For each known dimension an (n, k) one-hot of where the person spoke.
    """

    weeks: np.ndarray
    last_weeks_ago: np.ndarray
    severity: np.ndarray
    churns: np.ndarray
    segment_value: np.ndarray
    reach: Mapping[str, np.ndarray]

    @property
    def count(self) -> int:
        """Distinct people."""
        return len(self.last_weeks_ago)


def voice_severity(voice: Voice, config: RankConfig) -> float:
    """Return 0–1: half the intent, 0.3 the negativity, 0.2 the warning signs."""
    intent = config.severity_by_intent.get(voice.intent, 0.0)
    negativity = max(0.0, -voice.sentiment_score)
    sign = max((config.severity_by_signal.get(name, 0.0) for name in voice.signals), default=0.0)
    return min(1.0, 0.5 * intent + 0.3 * negativity + 0.2 * sign)


def gather_people(voices: Iterable[Voice], config: RankConfig) -> People:
    """Fold the voices about one subject into its people.

    Copy-paste bursts do not count beside independent voices; a subject that consists
    of nothing else counts as one person, however many accounts posted it.
    """
    kept = list(voices)
    independent = [voice for voice in kept if not voice.is_burst]
    if not independent and kept:
        independent = [voice._replace(person_key="burst") for voice in kept]

    # By columns: a topic may have a hundred thousand voices.
    index: dict[str, int] = {}
    person = np.array(
        [index.setdefault(voice.person_key, len(index)) for voice in independent], dtype=np.int64
    )
    count, width = len(index), config.trend_history_weeks + 1
    ago = np.array([voice.weeks_ago for voice in independent], dtype=np.int64)
    weeks = np.zeros((count, width), dtype=bool)
    recent = ago < width
    weeks[person[recent], ago[recent]] = True
    last = np.full(count, np.iinfo(np.int32).max, dtype=np.int64)
    np.minimum.at(last, person, ago)
    severity = np.zeros(count)
    np.maximum.at(severity, person, [voice_severity(voice, config) for voice in independent])
    churns = np.zeros(count, dtype=bool)
    churns[person[[Signal.CHURN.value in voice.signals for voice in independent]]] = True
    segment_value = np.full(count, np.nan)
    for whose, voice in zip(person, independent, strict=True) if config.segment_values else ():
        if voice.segment in config.segment_values:
            segment_value[whose] = config.segment_values[voice.segment]
    said_in = {
        name: _one_hot(person, [getattr(voice, name) for voice in independent], count)
        for name in REACH_DIMENSIONS
    }
    return People(
        weeks=weeks,
        last_weeks_ago=last,
        severity=severity,
        churns=churns,
        segment_value=segment_value,
        reach={name: table for name, table in said_in.items() if table.shape[1]},
    )


def _one_hot(person: np.ndarray, values: Sequence[str | None], count: int) -> np.ndarray:
    """Return who spoke where; shape (count, distinct values), the values in order."""
    column = {value: place for place, value in enumerate(sorted({v for v in values if v}))}
    at = np.array([column.get(value or "", -1) for value in values], dtype=np.int64)
    table = np.zeros((count, len(column)), dtype=np.float64)
    table[person[at >= 0], at[at >= 0]] = 1.0
    return table
