"""A topic in the making: which units it has, before it is described."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feedback_nlp.labels import TopicKind


@dataclass(frozen=True)
class Group:
    """Units that make up one topic.

    Attributes:
        rows: Their rows in the call, ascending.
        kind: Kind of the topic.
        topic_id: Permanent id, ``None`` for a new topic.
        name: Name that it must have, ``""`` to find one.
        seed_code: Seed issue it was recognised as, or ``""``.
        terms: Terms by class-based TF-IDF.
        keeps_name: A person gave the name.
        banned: Ids of units that people took out of it.
    """

    rows: np.ndarray
    kind: TopicKind
    topic_id: str | None = None
    name: str = ""
    seed_code: str = ""
    terms: tuple[str, ...] = ()
    keeps_name: bool = False
    banned: frozenset[int] = frozenset()
