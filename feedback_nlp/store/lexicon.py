"""Words that people teach, kept with who and when; read by every analysis that starts.

Entries are never deleted: removing one notes by whom and when, and changing one removes
it and adds another. So the version, one cheap query, grows with every change.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from feedback_nlp.chinese import DictionaryWord, fold
from feedback_nlp.labels import RunStatus, TopicState, WordKind
from feedback_nlp.lexicon import NamedTopic, Passage
from feedback_nlp.store.search import matches
from feedback_nlp.store.tables import Feedback, FeedbackUnit, LexiconEntry, Run, Topic

MAX_CHARACTERS = 2_000_000
"""Characters of feedback that mining reads, the newest first: bounds memory."""

_CHUNK = 500


class Lexicon(NamedTuple):
    """What people taught, as the analysis wants it.

    Attributes:
        version: Grows with every change; 0 for none yet.
        words: Words to keep whole, folded, by the order in which they were taught.
        stops: Words that never make a name or a keyword, folded.
    """

    version: int
    words: tuple[DictionaryWord, ...]
    stops: frozenset[str]


def version(session: Session) -> int:
    """Return the version of the dictionary: how many changes it has seen."""
    last, removed = session.execute(
        select(func.max(col(LexiconEntry.id)), func.count(col(LexiconEntry.removed_at)))
    ).one()
    return int(last or 0) + int(removed)


def words(session: Session) -> Lexicon:
    """Return the dictionary as it is now."""
    rows = entries(session)
    return Lexicon(
        version=version(session),
        words=tuple(
            DictionaryWord(row.folded, row.tag, row.frequency)
            for row in rows
            if row.kind != WordKind.STOP
        ),
        stops=frozenset(row.folded for row in rows if row.kind == WordKind.STOP),
    )


def entries(session: Session, *, include_removed: bool = False) -> list[LexiconEntry]:
    """Return the entries, the first taught first."""
    query = select(LexiconEntry).order_by(col(LexiconEntry.id))
    if not include_removed:
        query = query.where(col(LexiconEntry.removed_at).is_(None))
    return list(session.scalars(query))


def passages(
    session: Session,
    *,
    product: str | None = None,
    with_copies: bool = False,
    holding: str | None = None,
    limit: int | None = None,
    max_characters: int = MAX_CHARACTERS,
) -> list[Passage]:
    """Return the units of analysed feedback, the newest first; spam stays out.

    Args:
        session: A reading session.
        product: Only this product's.
        with_copies: Also units of copies of an earlier feedback.
        holding: Only of feedback with this word in it, in whatever spelling.
        limit: At most so many units.
        max_characters: Stop here.
    """
    query = (
        select(
            col(FeedbackUnit.id),
            col(Feedback.text),
            col(FeedbackUnit.start),
            col(FeedbackUnit.end),
            col(Feedback.person_key),
        )
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(Feedback.is_spam).is_(False))
        .order_by(col(Feedback.occurred_at).desc(), col(FeedbackUnit.id))
        .limit(limit)
    )
    if product is not None:
        query = query.where(col(Feedback.product) == product)
    if not with_copies:
        query = query.where(
            or_(
                col(Feedback.duplicate_of).is_(None),
                col(Feedback.duplicate_of) == col(Feedback.id),
            )
        )
    if holding is not None:
        query = query.where(matches(session, holding, walked=True))
    found = []
    characters = 0
    # Closed by us: a server-side cursor left half read would be closed by the collector.
    with closing(session.execute(query.execution_options(yield_per=2000))) as rows:
        for unit_id, text, start, end, person in rows:
            characters += end - start
            if characters > max_characters:
                break
            found.append(Passage(unit_id, text[start:end], person or f"unit:{unit_id}"))
    return found


def unit_texts(session: Session, unit_ids: Collection[int]) -> dict[int, str]:
    """Return what units say, by id; one that was erased is missing."""
    rows = session.execute(
        select(
            col(FeedbackUnit.id), col(Feedback.text), col(FeedbackUnit.start), col(FeedbackUnit.end)
        )
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(FeedbackUnit.id).in_(sorted(unit_ids)))
    )
    return {unit_id: text[start:end] for unit_id, text, start, end in rows}


def read_by(session: Session) -> int:
    """Return the last run that read feedback to its end; 0 before any."""
    done = col(Run.status) == RunStatus.COMPLETE.value
    return session.scalar(select(func.max(col(Run.id))).where(done)) or 0


def named_topics(session: Session, unit_ids: Collection[int]) -> list[NamedTopic]:
    """Return the topics that lists show, with those of some units that are theirs."""
    members: dict[int, set[int]] = {}
    wanted = sorted(unit_ids)
    for start in range(0, len(wanted), _CHUNK):
        for unit_id, topic_id in session.execute(
            select(col(FeedbackUnit.id), col(FeedbackUnit.topic_id)).where(
                col(FeedbackUnit.id).in_(wanted[start : start + _CHUNK])
            )
        ):
            members.setdefault(topic_id, set()).add(unit_id)
    topics = session.execute(
        select(col(Topic.id), col(Topic.name), col(Topic.keywords))
        .where(col(Topic.state) == TopicState.ACTIVE.value, col(Topic.muted).is_(False))
        .order_by(col(Topic.id))
    )
    return [
        NamedTopic(topic_id, name, tuple(keywords), frozenset(members.get(topic_id, ())))
        for topic_id, name, keywords in topics
    ]


def topic_sizes(session: Session, topic_ids: Collection[int]) -> dict[int, int]:
    """Return how many units each of some topics has; one without any is missing."""
    of_topic = col(FeedbackUnit.topic_id)
    counted = (
        select(of_topic, func.count()).where(of_topic.in_(sorted(topic_ids))).group_by(of_topic)
    )
    return {topic_id: count for topic_id, count in session.execute(counted)}  # noqa: C416


def active(session: Session, word: str) -> LexiconEntry | None:
    """Return the entry of a word that is taught now, whatever its spelling."""
    return session.scalars(
        select(LexiconEntry).where(
            col(LexiconEntry.folded) == fold(word.strip()), col(LexiconEntry.removed_at).is_(None)
        )
    ).first()
