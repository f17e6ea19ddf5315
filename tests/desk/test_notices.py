"""通知: who can be told and why not, what they read, sent once, tried again, cancelled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.requests.notice_words import set_route
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.tables import Feedback, Notice, RequestComment, Source
from tests.desk.conftest import NOW, Post

OUTLETS = """
[outlets.reply]
channel = "webhook"
url = "https://example.com/hook"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
[outlets.team]
channel = "wecom"
url = "https://example.com/robot"
"""


@pytest.fixture
def owing(stored: Database) -> Database:
    """Two people are owed that their request is planned; the first is behind a masked number."""
    with stored.write() as session:
        for number in (1, 2):
            feedback = session.get_one(Feedback, number)
            feedback.author_key = f"author-{number}"
            session.add(feedback)
        session.get_one(Feedback, 1).source_key = "订单〔手机号1〕"
        apply_transition(
            session, "REQ-1", RequestStatus.PLANNED, actor="小王", reason="排期", now=NOW
        )
    return stored


@pytest.fixture
def client(owing: Database, tmp_path: Path) -> Iterator[TestClient]:
    """A desk whose one source is answered by a webhook."""
    file = tmp_path / "outlets.toml"
    file.write_text(OUTLETS, encoding="utf-8")
    settings = Settings(
        database_url=owing.url.render_as_string(hide_password=False), outlets=file, secret="密钥"
    )
    with TestClient(create_app(settings, now=lambda: NOW), follow_redirects=False) as client:
        yield client


def answered(database: Database) -> None:
    with database.write() as session:
        set_route(session, session.get_one(Source, 1).name, "reply")


def notices_of(database: Database) -> list[Notice]:
    with database.read() as session:
        return list(session.scalars(select(Notice).order_by(col(Notice.id))))


def words(page: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", page))


def test_who_can_be_told_and_why_others_cannot(client: TestClient, owing: Database) -> None:
    assert "可触达0人不可触达2人" in words(client.get("/notices").text)
    assert "没有配置回复用的出口" in client.get("/notices").text
    answered(owing)
    page = client.get("/notices/REQ-1").text
    assert "可触达1人不可触达1人" in words(page)
    assert "编号已脱敏" in page
    assert "已列入计划" in page  # what the first of them reads
    assert 'data-count="notices" data-value="2"' in page
    assert "team（企业微信机器人）" not in client.get("/notices").text  # offered: what can answer


def test_the_texts_are_written_and_shipped_ones_come_back(client: TestClient, post: Post) -> None:
    assert post("/notices/templates/planned", text="{title} 排上了").status_code == 303
    assert "{title} 排上了" in client.get("/notices").text
    assert post("/notices/templates/planned", text="{secret}").status_code == 422
    assert post("/notices/templates/planned", text="").status_code == 303
    assert "已列入计划" in client.get("/notices").text
    assert post("/notices/templates/lost", text="x").status_code == 422


def test_a_route_is_chosen_among_outlets_that_answer(
    client: TestClient, post: Post, owing: Database
) -> None:
    with owing.read() as session:
        source = session.get_one(Source, 1).name
    assert post("/notices/routes", source=source, outlet="reply").status_code == 303
    assert "可触达1人" in words(client.get("/notices").text)
    assert post("/notices/routes", source=source, outlet="nowhere").status_code == 404
    assert post("/notices/routes", source=source, outlet="").status_code == 303
    assert "可触达0人" in words(client.get("/notices").text)


def test_sending_twice_sends_once_and_what_failed_is_tried_again(
    client: TestClient, post: Post, owing: Database
) -> None:
    answered(owing)
    for _ in range(2):
        assert post("/notices/REQ-1/send").status_code == 303
    with owing.read() as session:
        rows = session.scalars(select(OutboxRow)).all()
    assert len(rows) == 1
    assert [one.status for one in notices_of(owing)] == ["unreachable", "queued"]
    with owing.write() as session:
        row = session.get_one(OutboxRow, rows[0].id)
        row.state = "failed"
        notice = session.get_one(Notice, 2)
        notice.status, notice.reason = "failed", "对方没有回应"
        session.add_all([row, notice])
    page = client.get("/notices/REQ-1?of=failed").text
    assert 'data-count="failed" data-value="1"' in page
    assert "对方没有回应" in page
    assert post("/notices/each/1/retry").status_code == 409
    assert post("/notices/each/2/retry").status_code == 303
    assert notices_of(owing)[1].status == "queued"


def test_a_notice_is_cancelled_before_it_leaves(post: Post, owing: Database) -> None:
    answered(owing)
    post("/notices/REQ-1/send")
    assert post("/notices/each/2/cancel").status_code == 303
    cancelled = notices_of(owing)[1]
    assert (cancelled.status, cancelled.reason) == ("cancelled", "林晓 取消")
    assert post("/notices/each/9/cancel").status_code == 404


def test_a_cancelled_notice_comes_back_and_is_sent(post: Post, owing: Database) -> None:
    answered(owing)
    assert post("/notices/each/2/restore").status_code == 409  # it was not cancelled
    post("/notices/each/2/cancel")
    assert post("/notices/each/2/restore").status_code == 303
    back = notices_of(owing)[1]
    assert (back.status, back.reason, back.settled_at) == ("pending", "", None)
    post("/notices/REQ-1/send")
    assert notices_of(owing)[1].status == "queued"


def test_unknown_ones_are_refused(client: TestClient, post: Post) -> None:
    assert client.get("/notices/REQ-9").status_code == 404
    assert client.get("/notices/REQ-1?of=lost").status_code == 422
    assert post("/notices/REQ-9/send").status_code == 404


def test_a_request_shows_what_it_owes_its_card_and_what_is_said(
    client: TestClient, post: Post, owing: Database
) -> None:
    page = client.get("/requests/REQ-1").text
    assert 'data-n="2" href="/notices/REQ-1?of=pending"' in page
    assert "## REQ-1" in page
    assert post("/requests/REQ-1/comments", text="打 13812345678 问过").status_code == 303
    assert "138" not in client.get("/requests/REQ-1").text
    with owing.read() as session:
        said = session.scalars(select(RequestComment)).one()
    assert said.actor == "林晓"
    assert post("/requests/REQ-1/comments", text=" ").status_code == 422


def test_reasons_that_were_given_before_are_offered_first(client: TestClient, post: Post) -> None:
    seen = re.search(r'name="version" value="(\d+)"', client.get("/requests/REQ-1").text)
    assert seen is not None
    post("/requests/REQ-1/move", to="declined", reason="等支付方升级", version=seen[1])
    offered = re.findall(r'<option value="([^"]+)"', client.get("/requests/REQ-1").text)
    assert "等支付方升级" in offered
    assert offered.index("等支付方升级") < offered.index("与产品方向不符")


def test_evidence_that_a_person_added_can_be_taken_out(
    client: TestClient, post: Post, owing: Database
) -> None:
    assert "林晓 加的" not in client.get("/requests/REQ-1").text
    post("/feedback/3/units/3/request", request="REQ-1")
    assert "林晓 加的" in client.get("/requests/REQ-1").text
    assert post("/requests/REQ-1/evidence/remove", unit="3").status_code == 303
    assert "林晓 加的" not in client.get("/requests/REQ-1").text
