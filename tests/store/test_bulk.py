from typing import Any

import pytest
from sqlmodel import col, select

from feedback_nlp.store.bulk import insert_many, listed
from feedback_nlp.store.ingestion import upsert
from feedback_nlp.store.tables import Feedback, Source
from tests.week.six_weeks import NOW

ROW: dict[str, Any] = {
    "source_id": 1,
    "title": "",
    "text": "闪退😤",
    "rating": 1.0,
    "meta": {"机型": "X", "数": 3},
    "signals": [],
    "is_spam": False,
    "is_burst": True,
    "occurred_at": NOW,
    "ingested_at": NOW,
}


@pytest.fixture
def session(database):
    with database.write() as session:
        session.add(Source(id=1, name="店", kind="app_store", created_at=NOW))
        session.flush()
        yield session


def test_rows_are_stored_as_the_mapper_would(session):
    by_mapper = Feedback(**ROW, source_key="mapper")
    session.add(by_mapper)
    session.flush()
    assert insert_many(session, upsert(session, Feedback), [{**ROW, "source_key": "bulk"}]) == 1
    session.expire_all()
    one, other = session.exec(select(Feedback).order_by(col(Feedback.id))).all()
    ignored = {"id", "source_key"}
    assert one.model_dump(exclude=ignored) == other.model_dump(exclude=ignored)


def test_conflicts_are_left_out_and_nothing_is_nothing(session):
    statement = upsert(session, Feedback).on_conflict_do_nothing(
        index_elements=["source_id", "source_key"]
    )
    rows = [{**ROW, "source_key": key} for key in ("a", "b", "a")]
    assert insert_many(session, statement, rows) == 2
    assert insert_many(session, statement, []) == 0


def test_a_column_with_a_default_must_be_named(session):
    rows = [{"source_id": 1, "source_key": "a", "text": "x"}]
    with pytest.raises(ValueError, match="is_burst"):
        insert_many(session, upsert(session, Feedback), rows)


def test_texts_are_asked_for_as_one_value(session):
    texts = ["a'b", "1", "闪退😤", '"\\']
    for text in [*texts, "other"]:
        insert_many(session, upsert(session, Feedback), [{**ROW, "source_key": text}])
    keys = select(Feedback.source_key)
    for wanted in (texts, []):
        asked = keys.where(col(Feedback.source_key).in_(listed(session, wanted)))
        assert sorted(session.exec(asked)) == sorted(wanted)
