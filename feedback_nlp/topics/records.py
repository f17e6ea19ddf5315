"""What the topic stage takes and gives: plain records, no database in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from feedback_nlp.labels import Intent, TopicEventKind, TopicKind
from feedback_nlp.topics.alike import Alike

UNASSIGNED = -1
"""Index of 未归类 in every assignment array."""


@dataclass(frozen=True, slots=True)
class TopicUnit:
    """One unit as the topic stage sees it.

    Attributes:
        unit_id: Unique within a call.
        feedback_id: The feedback the unit was cut from; a feedback counts once per topic.
        text: What was said, already redacted.
        intent: From the intent stage.
        sentiment_score: −1 … 1.
        product: Product it is about, ``""`` if unknown. Product names never become topic names.
        occurred_at: Aware datetime, or ``None``.
        author_key: Keyed hash of the person, or ``None``.
    """

    unit_id: int
    feedback_id: int
    text: str
    intent: Intent
    sentiment_score: float = 0.0
    product: str = ""
    occurred_at: datetime | None = None
    author_key: str | None = None


@dataclass(frozen=True, slots=True)
class KnownTopic:
    """A topic that lives already, as the ledger hands it to a fit or an assignment.

    Attributes:
        topic_id: Permanent id.
        name: The name people see.
        kind: Its kind.
        centroid: (d,) float32, unit length, in the space of :class:`TopicResult.centroids`.
        members: Unit ids that belong to it now.
        pinned_members: Unit ids that a person put there. They never leave.
        banned_members: Unit ids that a person took out. They never come back.
        name_is_pinned: A person chose the name; a refit must keep it.
        is_kept_apart: A person said that it is not the same as another one; no refit merges it.
        parent_id: Permanent id of the theme or topic it is nested under.
    """

    topic_id: str
    name: str
    kind: TopicKind
    centroid: np.ndarray
    members: frozenset[int] = frozenset()
    pinned_members: frozenset[int] = frozenset()
    banned_members: frozenset[int] = frozenset()
    name_is_pinned: bool = False
    is_kept_apart: bool = False
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of a fit.

    Attributes:
        topic_id: Permanent id if it continues a known topic, else ``None`` (the ledger gives one).
        name: Chinese, object and problem; unique within the fit.
        keywords: Chinese phrases, strongest first.
        kind: Its kind.
        theme: Index into :attr:`TopicResult.themes`, or −1 for vent and praise.
        centroid: (d,) float32, unit length.
        quotes: Ids of up to three units that show it and differ from one another.
        member_count: Number of units assigned.
        cohesion: Mean cosine of its members to the centroid, 0–1.
        seed_code: Code of the seed issue it was recognised as, or ``""``.
    """

    topic_id: str | None
    name: str
    keywords: tuple[str, ...]
    kind: TopicKind
    theme: int
    centroid: np.ndarray
    quotes: tuple[int, ...]
    member_count: int
    cohesion: float
    seed_code: str = ""


@dataclass(frozen=True, slots=True)
class Theme:
    """A handful of topics that belong together.

    Attributes:
        name: Chinese.
        topics: Indices into :attr:`TopicResult.topics`.
    """

    name: str
    topics: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One thing that a refit did to a topic.

    Attributes:
        kind: What happened.
        topic_id: Permanent id of the known topic, ``None`` for a new one.
        detail: JSON-serialisable particulars; other topics by permanent id.
    """

    kind: TopicEventKind
    topic_id: str | None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopicResult:
    """All that a fit found.

    Attributes:
        topics: Largest first, issues before vent and praise.
        themes: The upper level.
        assignment: (n,) int32, index into ``topics``, or :data:`UNASSIGNED`.
        similarity: (n,) float32, cosine of each unit to its topic's centroid; 0 if unassigned.
        centroids: (k, d) float32, unit length, rows as ``topics``.
        events: What a refit did to the known topics, beyond their new members.
        alike: Pairs of issues that are likely one matter, the likeliest first.
    """

    topics: tuple[Topic, ...]
    themes: tuple[Theme, ...]
    assignment: np.ndarray
    similarity: np.ndarray
    centroids: np.ndarray = field(repr=False)
    events: tuple[LedgerEvent, ...] = ()
    alike: tuple[Alike, ...] = ()


def check_rows(units: Sequence[object], embeddings: np.ndarray) -> None:
    """Refuse arrays that do not belong to the units.

    Raises:
        ValueError: If ``embeddings`` is not (len(units), d).
    """
    if embeddings.ndim != 2 or len(embeddings) != len(units):
        raise ValueError(
            f"got embeddings of shape {embeddings.shape}, expected ({len(units)}, d): one row a unit"
        )
