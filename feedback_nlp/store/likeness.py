"""Topics that may be one matter: what a fit found, what people refused, what is still open.

Pairs are stored by the topics of the fit. People merge topics between fits, so a pair is
read by the topics that live on: 3 ~ 7 is 3 ~ 5 once 7 was merged into 5, and open no more
once 7 was merged into 3. What was refused is followed in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from feedback_nlp.labels import Origin, TopicKind, TopicState
from feedback_nlp.store.likeness_table import TopicLikeness
from feedback_nlp.store.tables import Topic
from feedback_nlp.store.topic_reading import topic_people


class FoundPair(NamedTuple):
    """Two topics of a fit that may be one, by id in any order.

    Attributes:
        score: 0–1.
        evidence: JSON-serialisable; what speaks for it.
    """

    topic_id: int
    other_id: int
    score: float
    evidence: Mapping[str, Any]


class SimilarPair(NamedTuple):
    """Two living topics that may be one.

    Attributes:
        into: The one to keep: named by a person, else with more people.
        topic: The one to merge into it.
        into_people, people: How many people speak of each, over all time.
        score: 0–1.
        evidence: What speaks for it, as of the fit.
        refused_by: Who said that they are not one.
    """

    into: Topic
    topic: Topic
    into_people: int
    people: int
    score: float
    evidence: Mapping[str, Any]
    refused_by: str | None = None
    refused_at: datetime | None = None


def replace_found(
    session: Session, found: Sequence[FoundPair], *, run_id: int, now: datetime
) -> None:
    """Store what a fit found in the place of what the one before had; refusals stay."""
    session.execute(delete(TopicLikeness).where(col(TopicLikeness.refused_by).is_(None)))
    kept = {(row.topic_id, row.other_id): row for row in session.scalars(select(TopicLikeness))}
    new = []
    for pair in found:
        low, high = sorted((pair.topic_id, pair.other_id))
        if low == high:  # somebody merged them while the fit was at work
            continue
        figures = {
            "score": pair.score, "evidence": dict(pair.evidence), "run_id": run_id, "found_at": now,
        }  # fmt: skip
        if (row := kept.get((low, high))) is None:
            new.append({"topic_id": low, "other_id": high, **figures})
        else:
            for name, value in figures.items():
                setattr(row, name, value)
            session.add(row)
    if new:
        session.execute(insert(TopicLikeness), new)  # there may be thousands, and all wait for it
    session.flush()


def refuse(session: Session, topic_id: int, other_id: int, *, actor: str, now: datetime) -> None:
    """Remember that a person said: these two are not one."""
    row = _row(session, topic_id, other_id)
    if row is None:
        low, high = sorted((topic_id, other_id))
        row = TopicLikeness(topic_id=low, other_id=high, found_at=now)
    row.refused_by, row.refused_at = actor, now
    session.add(row)
    session.flush()


def propose_again(session: Session, topic_id: int, other_id: int) -> None:
    """Forget a refusal."""
    row = _row(session, topic_id, other_id)
    if row is None:
        return
    row.refused_by = row.refused_at = None
    if row.score:
        session.add(row)
    else:
        session.delete(row)
    session.flush()


def is_refused(session: Session, topic_id: int, other_id: int) -> bool:
    """Tell whether a person said that these two are not one."""
    row = _row(session, topic_id, other_id)
    return row is not None and row.refused_by is not None


def kept_apart(session: Session) -> set[int]:
    """Return the topics of which a person said that they are not the same as another one."""
    rows = session.scalars(select(TopicLikeness).where(col(TopicLikeness.refused_by).is_not(None)))
    return {topic_id for row in rows for topic_id in (row.topic_id, row.other_id)}


def similar_topics(session: Session, *, refused: bool = False) -> list[SimilarPair]:
    """Return the pairs of living issues that may be one, the likeliest first.

    Args:
        session: A reading session.
        refused: Return those that people refused instead.
    """
    rows = list(session.scalars(select(TopicLikeness).order_by(col(TopicLikeness.id))))
    if not rows:
        return []
    topics = {topic.id: topic for topic in session.scalars(select(Topic))}
    people = topic_people(session)
    by_pair: dict[tuple[int, int], TopicLikeness] = {}
    apart: dict[tuple[int, int], TopicLikeness] = {}
    for row in rows:
        low, high = sorted((_living(topics, row.topic_id), _living(topics, row.other_id)))
        if low == high or not (_is_shown(topics[low]) and _is_shown(topics[high])):
            continue
        wanted = by_pair if row.refused_by is None else apart
        if (low, high) not in wanted or wanted[low, high].score < row.score:
            wanted[low, high] = row
    pairs = apart if refused else {k: row for k, row in by_pair.items() if k not in apart}
    found = []
    for ids, row in pairs.items():
        into, topic = sorted(
            (topics[one] for one in ids),
            key=lambda one: keep_first(one, people.get(one.id or 0, 0)),
        )
        found.append(
            SimilarPair(
                into,
                topic,
                people.get(into.id or 0, 0),
                people.get(topic.id or 0, 0),
                row.score,
                row.evidence,
                row.refused_by,
                row.refused_at,
            )
        )
    return sorted(found, key=lambda pair: (-pair.score, pair.into.id or 0, pair.topic.id or 0))


def keep_first(topic: Topic, people: int) -> tuple[bool, bool, int, int]:
    """Return a key by which the topic to keep sorts first: people's names, then the larger."""
    return topic.named_by != Origin.PERSON, not topic.pinned, -people, topic.id or 0


def _row(session: Session, topic_id: int, other_id: int) -> TopicLikeness | None:
    low, high = sorted((topic_id, other_id))
    return session.scalars(
        select(TopicLikeness).where(
            col(TopicLikeness.topic_id) == low, col(TopicLikeness.other_id) == high
        )
    ).first()


def _is_shown(topic: Topic) -> bool:
    return (
        topic.state == TopicState.ACTIVE
        and topic.kind == TopicKind.ISSUE
        and not topic.muted
        and not topic.is_theme
    )


def _living(topics: Mapping[int | None, Topic], topic_id: int) -> int:
    """Follow merges to the topic that lives on."""
    seen = {topic_id}
    while (into := topics[topic_id].merged_into_id) is not None and into not in seen:
        topic_id = into
        seen.add(into)
    return topic_id
