"""A desk on a small database, and forms as a browser sends them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.requests.moving import create_request
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.likeness_table import TopicLikeness
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import (
    AlertRow,
    Evidence,
    Feedback,
    FeedbackUnit,
    Run,
    Source,
    Topic,
)

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # Wednesday noon in Shanghai, 2026-W48
RAW = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TEXTS = [
    ("一点结算就闪退", "bug", "neg", 1),
    ("升级以后闪退三次了", "bug", "neg", 1),
    ("希望能导出账单", "feature", "neu", 2),
    ("=退款一直没到账", "complaint", "neg", None),
    (f"{RAW} 昵称里也有", "complaint", "neg", 2),
]

Post = Callable[..., Any]


@pytest.fixture
def client(database: Database) -> Iterator[TestClient]:
    settings = Settings(
        database_url=database.url.render_as_string(hide_password=False), secret="测试用的密钥"
    )
    with TestClient(
        create_app(settings, now=lambda: NOW), follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture
def stored(database: Database) -> Database:
    """Five feedback of two weeks, two topics, one request with two people behind it."""
    with database.write() as session:
        run = Run(kind="analyze", status="complete", started_at=NOW, finished_at=NOW)
        source = Source(name=f"官网{RAW}", kind="in_app", created_at=NOW)
        session.add_all([run, source, Topic(name="结算闪退"), Topic(name=f"导出{RAW}")])
        session.flush()
        for number, (text, intent, sentiment, topic_id) in enumerate(TEXTS):
            feedback = Feedback(
                source_id=source.id or 0,
                source_key=f"fb-{number}",
                text=text,
                product=f"小岛记账{RAW}",
                app_version="5.3.0",
                rating=1.0 + number % 5,
                occurred_at=NOW - timedelta(days=4 + number),
                ingested_at=NOW,
                intent=intent,
                sentiment=sentiment,
                analyzed_run_id=run.id,
                author_key=f"author-{number % 4}",
                person_key=f"person-{number % 4}",
            )
            session.add(feedback)
            session.flush()
            session.add(
                FeedbackUnit(
                    feedback_id=feedback.id or 0,
                    position=0,
                    start=0,
                    end=len(text),
                    sentiment=sentiment,
                    sentiment_score=0.0,
                    sentiment_confidence=0.9,
                    intent=intent,
                    intent_confidence=0.9,
                    topic_id=topic_id,
                )
            )
            index_feedback(session, [(feedback.id or 0, text)])
        request = create_request(session, title=f"结算闪退{RAW}", intent="bug", now=NOW, topic_id=1)
        request.priority, request.priority_low, request.priority_high = 60.0, 55.0, 65.0
        request.priority_parts, request.priority_week = {"people": 0.4, "severity": 0.8}, "2026-W47"
        request.owner = f"小王{RAW}"
        session.flush()
        for unit_id in (1, 2):
            session.add(Evidence(request_id=request.id or 0, unit_id=unit_id))
    return database


@pytest.fixture
def post(client: TestClient) -> Post:
    """Send a form as a page of ours would: with the token that a page gave out."""

    def send(path: str, **fields: Any) -> Any:
        page = client.get("/feedback").text
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        assert token is not None
        return client.post(path, data={"csrf": token[1], "actor": "林晓", **fields})

    return send


def spike(*, people: int) -> AlertRow:
    """An alert of two days of the first topic."""
    return AlertRow(
        topic_id=1,
        kind="spike",
        day="2026-11-20",
        last_day="2026-11-21",
        people=people,
        expected=0.4,
        days=2,
        p_value=0.001,
        created_at=NOW,
    )


def one_matter() -> TopicLikeness:
    """A proposal that the first two topics are one matter."""
    return TopicLikeness(
        topic_id=1, other_id=2, score=0.9, evidence={"shared_people": 3}, found_at=NOW
    )
