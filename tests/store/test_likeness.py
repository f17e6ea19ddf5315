"""Pairs of topics that may be one: what is open, what follows merges, what stays refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from feedback_nlp.store import Database, likeness
from feedback_nlp.store.likeness import FoundPair
from feedback_nlp.store.tables import Run, Topic

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
EVIDENCE = {"place": 0.8, "shared_people": 2}


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Topics 1 to 4, of which a fit found 1 ~ 2 and 2 ~ 3."""
    with database.write() as session:
        session.add(Run(kind="analyze", status="complete", started_at=NOW))
        session.add_all([Topic(name=name) for name in ("送餐慢", "等太久", "超时", "退款慢")])
        session.flush()
        _found(session, FoundPair(2, 1, 0.7, EVIDENCE), FoundPair(2, 3, 0.6, EVIDENCE))
        yield session


def _found(session: Session, *pairs: FoundPair) -> None:
    likeness.replace_found(session, pairs, run_id=1, now=NOW)


def _open(session: Session, *, refused: bool = False) -> list[tuple[int | None, int | None]]:
    return [
        (pair.into.id, pair.topic.id) for pair in likeness.similar_topics(session, refused=refused)
    ]


def _merge(session: Session, topic_id: int, into_id: int | None) -> None:
    topic = session.get_one(Topic, topic_id)
    topic.merged_into_id, topic.state = into_id, "merged" if into_id else "active"
    session.add(topic)
    session.flush()


def test_the_likeliest_pair_comes_first_with_its_evidence(session: Session) -> None:
    first, second = likeness.similar_topics(session)
    assert (first.into.id, first.topic.id, first.score) == (1, 2, 0.7)
    assert (second.into.id, second.topic.id) == (2, 3)
    assert dict(first.evidence) == EVIDENCE


def test_a_merged_pair_is_open_no_more_and_others_follow_the_merge(session: Session) -> None:
    _merge(session, 2, 1)
    assert _open(session) == [(1, 3)]
    _merge(session, 2, None)
    assert _open(session) == [(1, 2), (2, 3)]


def test_what_was_refused_stays_so_over_later_fits_and_merges(session: Session) -> None:
    likeness.refuse(session, 3, 2, actor="林晓", now=NOW)
    _found(session, FoundPair(2, 3, 0.9, EVIDENCE), FoundPair(1, 3, 0.8, EVIDENCE))
    assert _open(session) == [(1, 3)]
    (refused,) = likeness.similar_topics(session, refused=True)
    assert (refused.into.id, refused.topic.id, refused.refused_by) == (2, 3, "林晓")
    _merge(session, 2, 1)
    assert _open(session) == []
    assert likeness.kept_apart(session) == {2, 3}


def test_a_refusal_can_be_taken_back(session: Session) -> None:
    likeness.refuse(session, 1, 2, actor="林晓", now=NOW)
    likeness.refuse(session, 1, 4, actor="林晓", now=NOW)
    assert likeness.is_refused(session, 2, 1)
    likeness.propose_again(session, 2, 1)
    likeness.propose_again(session, 4, 1)
    assert _open(session) == [(1, 2), (2, 3)]
    assert _open(session, refused=True) == []
    likeness.propose_again(session, 4, 1)  # nothing to forget


@pytest.mark.parametrize(
    "change", [{"muted": True}, {"state": "retired"}, {"kind": "vent"}, {"is_theme": True}]
)
def test_topics_that_no_list_shows_are_not_proposed(
    session: Session, change: dict[str, object]
) -> None:
    topic = session.get_one(Topic, 2)
    for name, value in change.items():
        setattr(topic, name, value)
    session.add(topic)
    session.flush()
    assert _open(session) == []


def test_the_one_that_a_person_named_is_kept(session: Session) -> None:
    topic = session.get_one(Topic, 2)
    topic.named_by = "person"
    session.add(topic)
    session.flush()
    assert _open(session) == [(2, 1), (2, 3)]


def test_a_new_fit_replaces_what_the_one_before_found(session: Session) -> None:
    _found(session, FoundPair(1, 4, 0.5, {}))
    assert _open(session) == [(1, 4)]
