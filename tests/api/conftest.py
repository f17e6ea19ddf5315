"""A served application on an empty database, and one with a little of everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source, Topic, TopicEvent

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # Wednesday noon in Shanghai, 2026-W47
TEXTS = [
    ("一点记账就闪退", "bug", "neg"),
    ("升级以后闪退三次了", "bug", "neg"),
    ("希望能导出 Excel", "feature", "neu"),
    ("退款一直没到账", "complaint", "neg"),
    ("界面很清爽，就是广告太多", "complaint", "mixed"),
]


@pytest.fixture
def settings(database: Database) -> Settings:
    return Settings(
        database_url=database.url.render_as_string(hide_password=False),
        secret="测试用的密钥",
        max_upload_bytes=200_000,
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings, now=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def stored(database: Database) -> Database:
    """Five feedback of one source, an hour apart, the newest last; two topics."""
    with database.write() as session:
        source = Source(name="官网", kind="in_app", created_at=NOW)
        crash = Topic(name="记账闪退", keywords=["闪退"], quote_unit_ids=[1])
        wish = Topic(name="导出表格", keywords=["导出"])
        session.add_all([source, crash, wish])
        session.flush()
        for number, (text, intent, sentiment) in enumerate(TEXTS):
            feedback = Feedback(
                source_id=source.id or 0,
                source_key=f"fb-{number}",
                text=text,
                product="小岛记账" if number < 3 else "小岛日历",
                occurred_at=NOW - timedelta(hours=len(TEXTS) - number),
                ingested_at=NOW,
                intent=intent,
                sentiment=sentiment,
                sentiment_score=0.0,
                person_key=f"person-{number}",
            )
            session.add(feedback)
            session.flush()
            topic = crash if intent == "bug" else wish if intent == "feature" else None
            session.add(
                FeedbackUnit(
                    feedback_id=feedback.id or 0,
                    position=0,
                    start=0,
                    end=len(text),
                    sentiment="neu" if sentiment == "mixed" else sentiment,
                    sentiment_score=0.0,
                    sentiment_confidence=0.9,
                    intent=intent,
                    intent_confidence=0.9,
                    topic_id=topic.id if topic else None,
                )
            )
            session.flush()
            index_feedback(session, [(feedback.id or 0, text)])
        session.add_all(
            [
                TopicEvent(topic_id=crash.id or 0, kind="born", happened_at=NOW),
                TopicEvent(
                    topic_id=crash.id or 0,
                    kind="renamed",
                    actor="林晓",
                    detail={"before": "闪退", "after": "记账闪退"},
                    happened_at=NOW,
                ),
            ]
        )
    return database
