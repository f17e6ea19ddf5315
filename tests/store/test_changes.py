"""What counts as a change: everything that figures are made of, whoever writes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlmodel import Session

from feedback_nlp.jobs.posts import PostDesk
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.store import Database, job_queue
from feedback_nlp.store.changes import arrived
from feedback_nlp.store.erasing import erase_feedback
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    IngestBatch,
    RejectedRow,
    Run,
    Source,
    Topic,
    metadata,
)
from feedback_nlp.worker.plans import analysis_wanted

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)

#: What no kept figure is made of, and why.
UNWATCHED = {
    "alembic_version": "the schema",
    "api_key": "who may ask",
    "audit_event": "who asked",
    "change_count": "the count itself",
    "contact": "addresses, which no figure shows",
    "digest": "written for the record, read by no page that is kept",
    "inlet_event": "pushes as they came; what they say is feedback",
    "inlet_record": "the same",
    "job": "work",
    "outbox": "letters",
    "outlet_state": "letters",
    "run_plan": "moves of units before they are made",
    "setting": "signs of life, secrets, templates of letters",
    "stale": "kept sums of other tables",
    "stored_reply": "answers given before",
    "subject_count": "kept sums of other tables",
    "week_standing": "kept sums of other tables",
}
#: New rows in these only add; what that means for a week is asked of ``arrived``.
ADDED_TO = {"feedback", "source", "ingest_batch", "rejected_row"}


def _stored(session: Session, **more: Any) -> Feedback:
    feedback = Feedback(
        source_id=1, source_key=f"k{more}", text="一点就闪退", occurred_at=NOW, ingested_at=NOW, **more
    )  # fmt: skip
    session.add(feedback)
    session.flush()
    return feedback


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        session.add_all(
            [
                Source(name="官网", kind="in_app", created_at=NOW),
                Run(kind="analyze", started_at=NOW),
                Topic(name="闪退"),
                FeatureRequest(
                    key="REQ-1", title="闪退", intent="bug", created_at=NOW, updated_at=NOW
                ),
            ]
        )
        session.flush()
        session.add(IngestBatch(source_id=1, started_at=NOW, read_count=5))
        session.flush()
        session.add(RejectedRow(batch_id=1, line=1, reason="no-text"))
        for _ in range(2):
            feedback = _stored(session, author_key=str(_))
        session.add(
            FeedbackUnit(
                feedback_id=feedback.id or 0, position=0, start=0, end=2, sentiment="neg",
                sentiment_score=-0.5, sentiment_confidence=1, intent="bug", intent_confidence=1,
            )
        )  # fmt: skip
        session.flush()
        session.add(Evidence(request_id=1, unit_id=1))
    return database


def test_every_table_is_watched_or_named(database: Database) -> None:
    with database.read() as session:
        names = set(inspect(session.get_bind()).get_table_names())
        triggers = (
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
            if database.is_sqlite
            else "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        found = {(table, name) for table, name in session.execute(text(triggers))}
    names = {name for name in names if not name.startswith(("feedback_search", "sqlite_"))}
    assert UNWATCHED.keys() <= names | {"alembic_version"}
    assert {table.name for table in metadata.sorted_tables} <= names
    for table in names - UNWATCHED.keys():
        for event in ("insert", "update", "delete"):
            is_watched = (table, f"change_{table}_{event}") in found
            assert is_watched or (table in ADDED_TO and event == "insert"), (table, event)


def _erase(session: Session) -> None:
    erase_feedback(session, [1])


CHANGES: dict[str, Callable[[Session], object]] = {
    "an erasure": _erase,
    "feedback deleted by a stranger": lambda s: s.execute(
        text("DELETE FROM feedback WHERE id = 1")
    ),
    "a text masked": lambda s: s.execute(text("UPDATE feedback SET text = 'x' WHERE id = 1")),
    "feedback read by the models": lambda s: s.execute(
        text("UPDATE feedback SET analyzed_run_id = 1, person_key = 'p' WHERE id = 1")
    ),
    "feedback that comes analysed": lambda s: _stored(s, person_key="p"),
    "a unit moved": lambda s: s.execute(text("UPDATE unit SET topic_id = 1")),
    "a unit deleted": lambda s: s.execute(text("DELETE FROM unit WHERE id = 99 OR 1 = 1")),
    "a topic renamed": lambda s: s.execute(text("UPDATE topic SET name = 'y'")),
    "a topic made": lambda s: s.add(Topic(name="退款")),
    "a request edited": lambda s: s.execute(text("UPDATE request SET owner = 'y'")),
    "evidence taken out": lambda s: s.execute(text("DELETE FROM evidence")),
    "a source renamed": lambda s: s.execute(text("UPDATE source SET name = 'y'")),
    "a batch that goes on": lambda s: s.execute(text("UPDATE ingest_batch SET read_count = 9")),
    "a refused row erased": lambda s: s.execute(text("DELETE FROM rejected_row")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_was_told_before_changes(filled: Database, what: str) -> None:
    if what == "feedback that comes analysed" and filled.is_sqlite:
        pytest.skip("nobody writes it: see migration 20261127_lean_inserts")
    if what in {"feedback deleted by a stranger", "a unit deleted"}:
        with filled.write() as session:
            session.execute(text("DELETE FROM evidence"))
    before = filled.changes()
    assert filled.changes() == before
    other = Database(filled.url.render_as_string(hide_password=False))  # another process
    with other.write() as session:
        CHANGES[what](session)
    other.dispose()
    assert filled.changes() != before


def test_what_is_taken_back_is_no_change(filled: Database) -> None:
    before = filled.changes()
    with pytest.raises(RuntimeError), filled.write() as session:
        session.execute(text("UPDATE topic SET name = 'y'"))
        raise RuntimeError
    assert filled.changes() == before


def test_posts_and_work_change_nothing_that_was_told(filled: Database) -> None:
    """Not even a post of a new source, with rows that are refused."""
    before, state = filled.changes(), filled.state()
    desk = PostDesk(filled)
    for source in ("官网", "新来源"):
        items: list[RawItem | Rejection] = [
            RawItem(1, "a", "又闪退了", author="某人", occurred_at=NOW - timedelta(days=3)),
            RawItem(2, "b", "好用", occurred_at=NOW),
            Rejection(3, "no-text", "", ""),
        ]
        desk.post(items, source=source, now=NOW).result(60)
    desk.close()
    with filled.write() as session:
        job_queue.enqueue(session, analysis_wanted(actor="林晓"))
    assert filled.changes() == before
    assert filled.state() != state
    with filled.read() as session:
        assert arrived(session, NOW - timedelta(days=4), NOW - timedelta(days=2)) == 2
        assert arrived(session, NOW - timedelta(days=4), NOW) == 2
        assert arrived(session, NOW, NOW + timedelta(seconds=1)) == 4


def test_two_writers_at_once_are_both_counted(filled: Database) -> None:
    """On PostgreSQL neither waits for the other; on SQLite one writes after the other."""
    if filled.is_sqlite:
        pytest.skip("one writer at a time")
    seen = [filled.changes()]
    with filled.write() as one, filled.write() as two:
        one.execute(text("UPDATE topic SET name = 'y'"))
        two.execute(text("UPDATE request SET owner = 'y'"))
        two.commit()
        seen.append(filled.changes())
        one.commit()
        seen.append(filled.changes())
    assert len(set(seen)) == 3


def test_each_commit_counts_also_after_a_part_was_taken_back(filled: Database) -> None:
    seen = [filled.changes()]
    with filled.write() as session:
        with pytest.raises(RuntimeError), session.begin_nested():
            session.execute(text("UPDATE topic SET name = 'a'"))
            raise RuntimeError
        session.execute(text("UPDATE topic SET name = 'b'"))
        session.execute(text("UPDATE topic SET name = 'c'"))
    seen.append(filled.changes())
    with filled.write() as session:
        session.execute(text("UPDATE topic SET name = 'd'"))
    seen.append(filled.changes())
    assert len(set(seen)) == 3
