"""反馈: every condition an address can carry, counted and listed alike."""

from __future__ import annotations

import re

import pytest
from sqlmodel import Session, select
from starlette.testclient import TestClient

from feedback_api.desk.links import CONDITIONS, href, read_asked
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Evidence, FeedbackUnit, TopicEvent
from tests.desk.conftest import Post

pytestmark = pytest.mark.usefixtures("stored")

VALUES = {
    "week": "2026-W47",
    "since_week": "2026-W47",
    "until_week": "2026-W47",
    "since_day": "2026-11-20",
    "until_day": "2026-11-20",
    "sentiment": "neg",
    "unit_sentiment": "neg",
    "intent": "bug",
    "unit_intent": "bug",
    "request": "REQ-1",
    "source_kind": "in_app",
    "app_version": "5.3.0",
    "q": "闪退",
}


def shown(page: str, measure: str) -> int:
    found = re.search(rf'data-count="{measure}" data-value="(\d+)"', page)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("condition", sorted({*CONDITIONS} - {"min_answer", "max_answer"}))
def test_every_condition_lists_as_many_rows_as_it_counts(
    client: TestClient, condition: str
) -> None:
    page = client.get("/feedback", params={condition: VALUES.get(condition, "1")})
    assert page.status_code == 200
    assert shown(page.text, "feedback") == page.text.count("data-row")
    assert page.text.count('class="chip"') == 1


def test_people_are_counted_once(client: TestClient) -> None:
    page = client.get("/feedback?of=people").text
    assert (shown(page, "people"), shown(page, "feedback")) == (4, 5)


def test_a_day_includes_its_evening(client: TestClient) -> None:
    both = client.get("/feedback?since_day=2026-11-20&until_day=2026-11-21").text
    assert shown(both, "feedback") == 2


def test_same_person(client: TestClient) -> None:
    assert shown(client.get("/feedback?same_person=1").text, "feedback") == 2
    one = client.get("/feedback/1").text
    assert 'href="/feedback?of=feedback&amp;same_person=1"' in one


def test_empty_fields_of_the_form_mean_nothing(client: TestClient) -> None:
    assert shown(client.get("/feedback?week=&sentiment=&q=").text, "feedback") == 5


@pytest.mark.parametrize(
    "query", ["wekk=2026-W47", "week=47", "topic_id=x", "of=cats", "since_day=11-20", "cursor=1"]
)
def test_a_wrong_address_is_a_page_that_says_so(client: TestClient, query: str) -> None:
    page = client.get(f"/feedback?{query}")
    assert page.status_code == 422
    assert "<h1>输入有误</h1>" in page.text
    assert client.get("/feedback/999").status_code == 404


def test_an_address_comes_back_from_its_own_link() -> None:
    asked = read_asked(
        [("of", "people"), ("week", "2026-W47"), ("counted", "0"), ("topic_id", "8")]
    )
    assert asked.where == {"week": "2026-W47", "counted": False, "topic_id": 8}
    assert asked.href == "/feedback?of=people&week=2026-W47&counted=0&topic_id=8"
    assert href("rejected", {"source": "微博"}).startswith("/data?of=rejected&")


def test_export_has_all_rows_and_runs_no_formula(client: TestClient) -> None:
    answer = client.get("/feedback.csv?unit_sentiment=neg")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.content.decode("utf-8-sig").strip().split("\r\n")
    assert len(lines) == 1 + 4
    assert "一点结算就闪退" in lines[1]
    assert lines[3].endswith(",'=退款一直没到账")


def test_a_unit_moves_to_another_topic_and_back(post: Post, database: Database) -> None:
    answer = post("/feedback/1/units/1/topic", topic="2", next="/feedback?topic_id=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/feedback?topic_id=2")
    with database.read() as session:
        unit = session.get(FeedbackUnit, 1)
        assert unit is not None
        assert (unit.topic_id, unit.assigned_by) == (2, "person")
        assert [event.actor for event in session.exec(select(TopicEvent)).all()][:1] == ["林晓"]
    assert post("/topics/2/undo").status_code == 303
    with database.read() as session:
        assert _topic_of(session, 1) == 1


def _topic_of(session: Session, unit_id: int) -> int | None:
    unit = session.get(FeedbackUnit, unit_id)
    assert unit is not None
    return unit.topic_id


def test_a_unit_becomes_evidence_once_and_can_be_taken_out(post: Post, database: Database) -> None:
    for _ in range(2):
        assert post("/feedback/4/units/4/request", request="req-1").status_code == 303
    with database.read() as session:
        found = session.exec(select(Evidence).where(Evidence.unit_id == 4)).all()
        assert [row.added_by for row in found] == ["林晓"]
    assert post("/requests/REQ-1/evidence/remove", unit="4").status_code == 303
    with database.read() as session:
        assert not session.exec(select(Evidence).where(Evidence.unit_id == 4)).all()
    assert post("/requests/REQ-1/evidence/remove", unit="1").status_code == 409


def test_a_unit_of_another_feedback_is_refused(post: Post) -> None:
    assert post("/feedback/1/units/2/topic", topic="2").status_code == 404
    assert post("/feedback/1/units/1/topic", topic="").status_code == 422
