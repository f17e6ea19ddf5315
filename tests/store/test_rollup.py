"""Kept sums say what the rows say, whoever changes the rows and however."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlmodel import Session, col

from feedback_nlp.store import Database
from feedback_nlp.store.erasing import erase_feedback
from feedback_nlp.store.rollup import (
    SubjectKind,
    counted_requests,
    counted_topics,
    refresh,
    stale_subjects,
    sums,
)
from feedback_nlp.store.rollup_tables import Stale, SubjectCount
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Source,
    Topic,
)

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
PRODUCTS = [None, "甲", "乙"]
TOPICS, REQUESTS = 5, 3


def fill(session: Session, draw: random.Random, count: int) -> None:
    session.add_all(Source(name=name, kind="survey", created_at=NOW) for name in ("问卷", "客服"))
    session.add_all(Topic(name=f"主题{n}") for n in range(TOPICS))
    session.add_all(
        FeatureRequest(key=f"REQ-{n}", title="x", intent="bug", created_at=NOW, updated_at=NOW)
        for n in range(1, REQUESTS + 1)
    )
    session.flush()
    for number in range(count):
        add(session, draw, f"k{number}")


def add(session: Session, draw: random.Random, key: str) -> None:
    feedback = Feedback(
        source_id=draw.choice((1, 2)), source_key=key, text="一二三四", product=draw.choice(PRODUCTS),
        occurred_at=NOW - timedelta(hours=draw.randrange(2000)), ingested_at=NOW,
        is_spam=draw.random() < 0.1, is_burst=draw.random() < 0.1,
        person_key=draw.choice([None, *"abcdef"]),
    )  # fmt: skip
    session.add(feedback)
    session.flush()
    for position in range(draw.choice((1, 2))):
        unit = FeedbackUnit(
            feedback_id=feedback.id or 0, position=position, start=0, end=2, sentiment="neg",
            sentiment_score=-0.5, sentiment_confidence=1, intent="bug", intent_confidence=1,
            topic_id=draw.choice([None, *range(1, TOPICS + 1)]),
        )  # fmt: skip
        session.add(unit)
        session.flush()
        if draw.random() < 0.5:
            request = draw.randrange(1, REQUESTS + 1)
            session.add(Evidence(request_id=request, unit_id=unit.id or 0))
            session.flush()


def change(session: Session, draw: random.Random, step: int) -> None:
    """Do one of the things that writers do, in their ways: rows, bulk, deletions."""
    ids = [id_ for id_ in session.scalars(select(col(Feedback.id))) if id_]
    some = draw.sample(ids, 3)
    units = list(
        session.scalars(select(col(FeedbackUnit.id)).where(col(FeedbackUnit.feedback_id).in_(some)))
    )
    quiet = {"synchronize_session": False}
    match step % 8:
        case 0:
            add(session, draw, f"new{step}")
        case 1:
            session.execute(
                update(FeedbackUnit).where(col(FeedbackUnit.id).in_(units))
                .values(topic_id=draw.choice([None, 1, 2])).execution_options(**quiet)
            )  # fmt: skip
        case 2:
            session.execute(
                update(Feedback).where(col(Feedback.id).in_(some))
                .values(is_burst=True, person_key="z").execution_options(**quiet)
            )  # fmt: skip
        case 3:
            erase_feedback(session, some[:1])
        case 4:
            session.execute(delete(Evidence).where(col(Evidence.unit_id).in_(units)))
        case 5:
            session.execute(
                update(Feedback).where(col(Feedback.id).in_(some))
                .values(product="乙", is_spam=False).execution_options(**quiet)
            )  # fmt: skip
        case 6:
            for unit in units:
                known = session.scalars(select(Evidence).where(col(Evidence.unit_id) == unit)).all()
                if not known:
                    session.add(Evidence(request_id=1, unit_id=unit or 0))
            session.flush()
        case 7:
            one = session.get_one(Feedback, some[0])
            one.person_key, one.occurred_at = None, one.occurred_at
            session.add(one)
            session.flush()


def both_ways(
    session: Session, kind: SubjectKind, product: str | None, source_id: int | None
) -> tuple[Any, Any]:
    found = sums(kind, product, source_id=source_id)
    kept = {row[0]: tuple(row[1:]) for row in session.execute(select(*found.c)) if row[1]}
    counted = counted_topics if kind is SubjectKind.TOPIC else counted_requests
    where = [] if product is None else [col(Feedback.product) == product]
    where += [] if source_id is None else [col(Feedback.source_id) == source_id]
    plain = {row[0]: tuple(row[1:]) for row in session.execute(counted(*where))}
    return kept, plain


def check(database: Database) -> None:
    with database.read() as session:
        for kind, product in (
            *((SubjectKind.TOPIC, product) for product in PRODUCTS),
            (SubjectKind.REQUEST, None),
        ):
            for source_id in (None, 1, 2):
                kept, plain = both_ways(session, kind, product, source_id)
                assert kept == plain, (kind, product, source_id)


@pytest.mark.parametrize("seed", range(4))
def test_kept_sums_are_the_counted_ones_at_every_moment(database: Database, seed: int) -> None:
    draw = random.Random(seed)
    with database.write() as session:
        fill(session, draw, 60)
    check(database)
    for step in range(24):
        with database.write() as session:
            change(session, draw, step + seed)
        check(database)
        if draw.random() < 0.4:
            refresh(database)
            check(database)


def test_a_refresh_leaves_nothing_stale(database: Database) -> None:
    with database.write() as session:
        fill(session, random.Random(1), 40)
    assert refresh(database, limit=1) == 1
    check(database)
    assert refresh(database) == TOPICS + REQUESTS - 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Stale)) == 0
        assert (session.scalar(select(func.count()).select_from(SubjectCount)) or 0) > TOPICS
    assert refresh(database) == 0
    check(database)


def test_what_touches_no_sum_makes_nothing_stale(database: Database) -> None:
    with database.write() as session:
        fill(session, random.Random(1), 20)
    refresh(database)
    with database.write() as session:
        session.execute(update(Feedback).values(sentiment="neg", text="改了"))
        session.execute(update(FeedbackUnit).values(position=FeedbackUnit.position + 10))
        session.execute(update(Feedback).values(is_spam=Feedback.is_spam))
        session.add(
            Feedback(source_id=1, source_key="new", text="好", occurred_at=NOW, ingested_at=NOW)
        )
    with database.read() as session:
        for kind in SubjectKind:
            assert list(session.scalars(stale_subjects(kind))) == []


def test_evidence_knows_when_it_was_said(database: Database) -> None:
    with database.write() as session:
        fill(session, random.Random(1), 30)
    with database.read() as session:
        rows = session.execute(
            select(col(Evidence.said_at), col(Feedback.occurred_at))
            .join(FeedbackUnit, col(FeedbackUnit.id) == col(Evidence.unit_id))
            .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        ).all()
    assert rows
    assert all(said == occurred for said, occurred in rows)
