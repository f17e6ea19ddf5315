from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from feedback_nlp.store.erasing import erase_feedback
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source
from tests.store.units import whole_unit

BEFORE = ["昨晚", "首页", "点击", "请问", "安装", "孩子", "朋友", "手机"]
AFTER = ["进不去", "没了", "很慢", "卡住", "显示空白", "声音大", "闪退", "收费"]


@pytest.fixture
def talk(stored: Database) -> Database:
    """Sixteen people say a word that no dictionary has."""
    with stored.write() as session:
        source = session.get(Source, 1)
        assert source is not None
        for number in range(16):
            text = BEFORE[number % 8] + "红包雨" + AFTER[number * 3 % 8] + "呀" * (number // 8)
            feedback = Feedback(
                source_id=source.id or 0,
                source_key=f"talk-{number}",
                text=text,
                product="小岛日历",
                occurred_at=source.created_at,
                ingested_at=source.created_at,
                person_key=f"p{number}",
            )
            session.add(feedback)
            session.flush()
            session.add(whole_unit(feedback, 1 if number < 4 else None))
            index_feedback(session, [(feedback.id or 0, text)])
    return stored


def test_suggestions_preview_and_teaching(client: TestClient, talk: Database) -> None:
    found = client.get("/v1/lexicon/suggestions").json()
    assert [item["word"] for item in found["items"]] == ["红包雨"]
    assert found["items"][0]["pieces"] == ["红包", "雨"]
    assert "红包雨" in found["items"][0]["examples"][0]["text"]

    shown = client.get("/v1/lexicon/preview", params={"word": "红包雨"}).json()
    assert (shown["found_count"], shown["changed_count"], shown["known"]) == (16, 16, False)
    assert shown["examples"][0]["unit_id"] > 0
    assert [(topic["topic_id"], topic["found_count"]) for topic in shown["topics"]] == [(1, 4)]
    assert client.get("/v1/lexicon").json() == {"version": 0, "items": []}

    taught = client.post("/v1/lexicon", json={"word": "红包雨", "actor": "林晓"})
    assert (taught.status_code, taught.json()["added_by"]) == (200, "林晓")
    assert client.get("/v1/lexicon/suggestions").json()["items"] == []
    assert client.get("/v1/lexicon/preview", params={"word": "红包雨"}).json()["known"]

    gone = client.delete("/v1/lexicon/红包雨", params={"actor": "林晓"})
    assert gone.status_code == 200
    assert client.get("/v1/lexicon").json() == {"version": 2, "items": []}


def test_suggestions_are_found_once_and_show_nothing_of_who_is_erased(
    client: TestClient, talk: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "/v1/lexicon/suggestions"
    first = client.get(address).json()["items"][0]
    monkeypatch.setattr("feedback_api.routes.lexicon.suggest_words", None)  # not called again
    assert client.get(address).json()["items"][0] == first
    with talk.write() as session:
        unit = session.get_one(FeedbackUnit, first["examples"][0]["unit_id"])
        erase_feedback(session, [unit.feedback_id])
    assert client.get(address).json()["items"][0]["examples"] == first["examples"][1:]


def test_suggestions_of_one_product(client: TestClient, talk: Database) -> None:
    answer = client.get("/v1/lexicon/suggestions", params={"product": "小岛记账"}).json()
    assert (answer["unit_count"], answer["items"]) == (3, [])


def test_problems(client: TestClient) -> None:
    for body in (
        {"word": "坏 词", "actor": "林晓"},
        {"word": "词", "actor": "林晓"},
        {"word": "红包雨"},
        {"word": "红包雨", "actor": "林晓", "kind": "verb"},
        {"word": "红包雨", "actor": "林晓", "tag": "1"},
    ):
        assert client.post("/v1/lexicon", json=body).status_code == 422
    assert client.delete("/v1/lexicon/红包雨", params={"actor": "林晓"}).status_code == 404
    assert client.get("/v1/lexicon/preview", params={"word": "，"}).status_code == 422
