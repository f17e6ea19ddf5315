from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from feedback_nlp.store import Database
from feedback_nlp.store.rereading import OldUnit, match_spans, write_units
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Source,
    Topic,
)

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([(1, 0, 4), (2, 5, 9)], [(0, 4), (5, 9)], {0: 1, 1: 2}),
        ([(1, 0, 9)], [(0, 3), (4, 9)], {1: 1}),
        ([(1, 0, 3), (2, 4, 9)], [(0, 9)], {0: 2}),
        ([(1, 0, 3)], [(5, 9)], {}),
        ([], [(0, 3)], {}),
    ],
    ids=["same", "cut in two", "joined", "elsewhere", "new"],
)
def test_a_new_stretch_continues_the_unit_it_shares_most_with(
    old: list[tuple[int, int, int]], new: list[tuple[int, int]], expected: dict[int, int]
) -> None:
    assert match_spans([OldUnit(*unit, False) for unit in old], new) == expected


def test_a_unit_that_people_touched_goes_first() -> None:
    old = [OldUnit(1, 0, 3, True), OldUnit(2, 4, 9, False)]
    assert match_spans(old, [(0, 9)]) == {0: 1}


def unit(start: int, end: int, position: int, intent: str = "bug") -> dict[str, Any]:
    return {
        "feedback_id": 1,
        "position": position,
        "start": start,
        "end": end,
        "sentiment": "neg",
        "sentiment_score": -0.5,
        "sentiment_confidence": 0.9,
        "intent": intent,
        "intent_confidence": 0.9,
    }


@pytest.fixture
def stored(database: Database) -> Database:
    """One feedback of three units in topic 1: one by the engine, one by a person, one evidence."""
    with database.write() as session:
        source = Source(name="应用内", kind="in_app", created_at=NOW)
        request = FeatureRequest(
            key="REQ-1", title="闪退", intent="bug", created_at=NOW, updated_at=NOW
        )
        session.add_all([source, Topic(name="闪退"), request])
        session.flush()
        feedback = Feedback(
            source_id=source.id or 0,
            source_key="1",
            text="一打开就闪退，重装也没用，客服也不回",
            occurred_at=NOW,
            ingested_at=NOW,
        )
        session.add(feedback)
        session.flush()
        write_units(session, {1: [unit(0, 6, 0), unit(7, 12, 1), unit(13, 18, 2)]})
        for row in units(session):
            row.topic_id = 1
            row.assigned_by = "person" if row.position == 1 else "auto"
            session.add(row)
        session.add(Evidence(request_id=request.id or 0, unit_id=3, added_by="小王"))
        session.add(Evidence(request_id=request.id or 0, unit_id=1))
    return database


def units(session: Session) -> list[FeedbackUnit]:
    session.expire_all()
    return list(session.exec(select(FeedbackUnit).order_by(col(FeedbackUnit.position))))


def read_again(database: Database, *rows: dict[str, Any]) -> list[tuple[Any, ...]]:
    with database.write() as session:
        write_units(session, {1: list(rows)})
    with database.read() as session:
        return [(u.id, u.start, u.end, u.topic_id, u.assigned_by) for u in units(session)]


def test_the_same_stretches_keep_ids_topics_and_placements(stored: Database) -> None:
    again = read_again(stored, unit(0, 6, 0), unit(7, 12, 1), unit(13, 18, 2, "complaint"))
    assert again == [
        (1, 0, 6, 1, "auto"),
        (2, 7, 12, 1, "person"),
        (3, 13, 18, 1, "auto"),
    ]


def test_joined_stretches_keep_the_unit_that_a_person_placed(stored: Database) -> None:
    again = read_again(stored, unit(0, 12, 0), unit(13, 18, 1))
    assert again == [(2, 0, 12, 1, "person"), (3, 13, 18, 1, "auto")]
    with stored.read() as session:  # the engine's evidence went with its unit, the person's stayed
        assert list(session.exec(select(Evidence.unit_id))) == [3]


def test_what_people_touched_stays_even_if_no_stretch_continues_it(stored: Database) -> None:
    again = read_again(stored, unit(0, 6, 0))
    assert [(row[0], row[4]) for row in again] == [(1, "auto"), (2, "person"), (3, "auto")]


def test_a_unit_that_asks_nothing_now_leaves_its_topic_unless_a_person_put_it_there(
    stored: Database,
) -> None:
    again = read_again(stored, unit(0, 6, 0, "other"), unit(7, 12, 1, "other"), unit(13, 18, 2))
    assert [row[3] for row in again] == [None, 1, 1]
