"""What is done from 本周: one matter merged or kept apart, the week sent to a chat."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.tables import Feedback, Topic
from tests.desk.conftest import NOW, Post, one_matter

OUTLETS = """
[outlets.team]
channel = "wecom"
url = "https://example.com/robot"
"""


@pytest.fixture
def alike(stored: Database) -> Database:
    with stored.write() as session:
        session.add(one_matter())
    return stored


@pytest.fixture
def client(alike: Database, tmp_path: Path) -> Iterator[TestClient]:
    file = tmp_path / "outlets.toml"
    file.write_text(OUTLETS, encoding="utf-8")
    settings = Settings(
        database_url=alike.url.render_as_string(hide_password=False), outlets=file, secret="密钥"
    )
    with TestClient(create_app(settings, now=lambda: NOW), follow_redirects=False) as client:
        yield client


def test_one_matter_is_proposed_with_what_speaks_for_it_and_merged_in_place(
    client: TestClient, post: Post, alike: Database
) -> None:
    page = client.get("/?week=2026-W47").text
    assert "像是同一件事" in page
    assert "3 人两边都提过" in page
    answer = post("/topics/2/merge", into="1", stay="1", next="/?week=2026-W47")
    assert answer.headers["location"] == "/?week=2026-W47"
    assert "像是同一件事" not in client.get("/?week=2026-W47").text
    with alike.read() as session:
        assert session.get_one(Topic, 2).state == "merged"


def test_what_is_not_one_matter_is_proposed_no_more(client: TestClient, post: Post) -> None:
    assert post("/topics/2/apart", other="1", next="/?week=2026-W47").status_code == 303
    assert "像是同一件事" not in client.get("/?week=2026-W47").text


def test_a_week_is_seen_before_it_is_sent_and_sent_once(
    client: TestClient, post: Post, alike: Database
) -> None:
    page = client.get("/week/send?week=2026-W47").text
    assert "本周变化" in page
    assert "企业微信机器人" in page
    assert post("/week/send", week="2026-W47").status_code == 422
    assert post("/week/send", week="2026-W47", to="nowhere").status_code == 404
    assert post("/week/send", week="2026-W47", to="team").status_code == 303
    with alike.read() as session:
        rows = len(session.scalars(select(OutboxRow)).all())
    assert rows >= 1
    post("/week/send", week="2026-W47", to="team", next="/alerts")
    assert "以前发过，没有再发" in client.get("/alerts").text
    with alike.read() as session:
        assert len(session.scalars(select(OutboxRow)).all()) == rows


def test_a_picked_week_that_is_thin_says_so(client: TestClient, alike: Database) -> None:
    with alike.write() as session:
        for number in range(40):
            session.add(
                Feedback(
                    source_id=1,
                    source_key=f"old-{number}",
                    text="退款慢",
                    occurred_at=NOW - timedelta(days=12),
                    ingested_at=NOW,
                    analyzed_run_id=1,
                    person_key=f"old-{number}",
                )
            )
    assert "数据太少，升降先别当真" in client.get("/?week=2026-W47").text
    assert "数据太少，升降先别当真" not in client.get("/?week=2026-W46").text
