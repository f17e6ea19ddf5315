from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from sqlmodel import func, select
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback, IngestBatch, RejectedRow, Source

SOURCE = {"name": "官网反馈", "kind": "in_app"}


def post(client: TestClient, *items: Any, status: int = 200, **source: Any) -> dict[str, Any]:
    body = {"source": {**SOURCE, **source}, "items": list(items)}
    response = client.post("/v1/feedback", json=body)
    assert response.status_code == status, response.text
    result: dict[str, Any] = response.json()
    return result


def item(number: int, text: str = "一点记账就闪退", **fields: Any) -> dict[str, Any]:
    return {"source_key": f"fb-{number}", "text": text, **fields}


def statuses(posted: dict[str, Any]) -> list[str]:
    assert (
        posted["read_count"]
        == posted["accepted_count"] + posted["duplicate_count"] + posted["rejected_count"]
        == len(posted["items"])
    )
    found = [entry["status"] for entry in posted["items"]]
    for status in ("accepted", "duplicate", "rejected"):
        assert found.count(status) == posted[f"{status}_count"]
    return found


def test_what_is_posted_can_be_read_and_searched(client: TestClient) -> None:
    posted = post(
        client,
        item(1, rating=1, author="user-87", occurred_at="2026-11-16T09:30:00", title="记账"),
        product="小岛记账",
    )
    assert statuses(posted) == ["accepted"]
    (stored,) = client.get("/v1/feedback", params={"q": "闪退"}).json()["items"]
    assert stored["id"] == posted["items"][0]["id"]
    assert stored["source"] == "官网反馈"
    assert stored["product"] == "小岛记账"
    assert stored["occurred_at"] == "2026-11-16T01:30:00Z"  # no offset: Shanghai time
    assert stored["text"].startswith("一点记账就闪退")


def test_the_same_key_is_stored_once(client: TestClient, database: Database) -> None:
    first = post(client, item(1), item(2), item(1))
    assert statuses(first) == ["accepted", "accepted", "duplicate"]
    again = post(client, item(1), item(3))
    assert statuses(again) == ["duplicate", "accepted"]
    assert again["items"][0]["id"] == first["items"][0]["id"] == first["items"][2]["id"]
    with database.read() as session:
        keys = session.exec(select(Feedback.source_key)).all()
    assert sorted(keys) == ["fb-1", "fb-2", "fb-3"]


def test_a_known_key_with_other_words_is_not_lost_silently(client: TestClient) -> None:
    post(client, item(1))
    posted = post(client, item(1, "换了内容"), item(2))
    assert statuses(posted) == ["rejected", "accepted"]
    assert posted["items"][0]["reason"] == "key-conflict"
    problem = post(client, item(1, "又换了内容"), status=409)
    assert problem["type"] == "urn:feedback-nlp:problem:all-rejected"


def test_one_bad_item_does_not_hold_up_the_others(client: TestClient, database: Database) -> None:
    posted = post(
        client,
        item(1, rating=7),
        item(2),
        {"text": "没有编号"},
        "不是对象",
        item(5, "\x00"),
        item(6, "<p> </p>"),
        item(7, meta={"套餐": "年付", "次数": 3, "标签": ["a", "b"]}),
        item(8, occurred_at="昨天"),
        item(9, ratting=5),
        item(10, meta={"套餐": {"层": "太深"}}),
        {**item(11), "13812345678\x00": 1},
    )
    accepted = {1, 6}
    assert statuses(posted) == [
        "accepted" if position in accepted else "rejected" for position in range(11)
    ]
    details = [entry["detail"] for entry in posted["items"]]
    assert details[0] == "rating：不能大于 5"
    assert details[2] == "source_key：缺少这个字段"
    assert "NUL" in details[4]
    assert posted["items"][5]["reason"] == "blank-text"
    assert "2026-11-16" in details[7]
    assert details[9].startswith("meta/套餐：应是文字")
    assert details[10].startswith("…：没有这个字段")  # a field's name may be anything, too
    with database.read() as session:
        lines = session.exec(select(RejectedRow.line).order_by(RejectedRow.line)).all()  # type: ignore[arg-type]
        batch = session.exec(select(IngestBatch)).one()
    assert list(lines) == [1, 3, 4, 5, 6, 8, 9, 10, 11]
    assert (batch.layout, batch.status) == ("api", "complete")
    assert (batch.read_count, batch.accepted_count, batch.rejected_count) == (11, 2, 9)


def test_nothing_accepted_is_no_success(client: TestClient) -> None:
    problem = post(client, item(1, rating=0), status=422)
    assert problem["type"] == "urn:feedback-nlp:problem:all-rejected"
    assert problem["errors"] == [
        {"pointer": "/items/0", "code": "invalid-item", "detail": "rating：不能小于 1"}
    ]


def test_personal_data_and_identities_are_not_stored(
    client: TestClient, database: Database
) -> None:
    post(client, item(1, "打 13812345678 找我", author="张三丰丰", meta={"备注": "13812345678"}))
    post(client, item(2, rating=9, author="张三丰丰", title="13812345678"), item(3))
    with database.read() as session:
        feedback = session.exec(select(Feedback).where(Feedback.source_key == "fb-1")).one()
        rejected = session.exec(select(RejectedRow)).one()
    stored = f"{feedback.model_dump()} {rejected.model_dump()}"
    assert "13812345678" not in stored
    assert "张三丰丰" not in stored
    assert feedback.author_key


def test_nothing_of_a_text_is_logged(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    post(client, item(1, "绝密原话"), item(2, "绝密原话", rating=9))
    client.get("/v1/feedback", params={"q": "绝密原话"})
    client.get("/绝密原话")
    output = capsys.readouterr()
    assert "绝密" not in output.out + output.err
    assert "/v1/feedback" in output.out + output.err


def test_a_source_keeps_its_kind(client: TestClient) -> None:
    post(client, item(1))
    problem = post(client, item(2), kind="social", status=409)
    assert problem["title"] == "与当前状态冲突"
    assert client.get("/v1/feedback").json()["items"][0]["kind"] == "in_app"


@pytest.mark.parametrize("count", [0, 1001])
def test_a_post_has_a_size(client: TestClient, count: int) -> None:
    problem = post(client, *[item(number) for number in range(count)], status=422)
    assert problem["errors"][0]["pointer"] == "/items"


def test_racing_posts_store_each_key_once(client: TestClient, database: Database) -> None:
    threads_count, keys_count = 8, 25
    accepted: list[str] = []
    failures: list[BaseException] = []

    def send(seed: int) -> None:
        try:
            for start in range(0, keys_count, 5):
                numbers = [(start + step + seed) % keys_count for step in range(5)]
                posted = post(client, *[item(number, f"第 {number} 条") for number in numbers])
                statuses(posted)
                accepted.extend(
                    entry["source_key"]
                    for entry in posted["items"]
                    if entry["status"] == "accepted"
                )
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=send, args=(seed,)) for seed in range(threads_count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    keys = [f"fb-{number}" for number in range(keys_count)]
    assert sorted(accepted) == sorted(keys)
    with database.read() as session:
        assert sorted(session.exec(select(Feedback.source_key)).all()) == sorted(keys)
        assert session.exec(select(func.count()).select_from(Source)).one() == 1
        totals = session.exec(
            select(func.sum(IngestBatch.read_count), func.sum(IngestBatch.accepted_count))
        ).one()
    assert tuple(totals) == (threads_count * keys_count, keys_count)


def test_a_small_post_and_a_large_one_are_taken_alike(client: TestClient) -> None:
    post(client, item(0))  # the key is read: from here on small posts are taken at once
    small = post(client, item(1, "客服电话 13800001111 打不通"))
    large = post(client, *(item(n, "客服电话 13800001111 打不通") for n in range(2, 102)))
    assert statuses(small) + statuses(large) == ["accepted"] * 101
    stored = client.get("/v1/feedback", params={"limit": 200}).json()["items"]
    assert len({entry["text"] for entry in stored}) == 2
    assert not any("13800001111" in entry["text"] for entry in stored)


@pytest.mark.parametrize("name", ["\u0085", "a\u200b", "两\n行", "\u202e倒着", " \u3000 "])
def test_a_source_whose_name_cannot_be_seen_is_refused_as_the_document_says(
    client: TestClient, name: str
) -> None:
    refused = post(client, item(1), name=name, status=422)
    assert refused["errors"][0]["pointer"] == "/source/name"
    pattern = client.get("/openapi.json").json()["components"]["schemas"]["SourceIn"]
    assert not re.search(pattern["properties"]["name"]["pattern"], name)


@pytest.mark.parametrize("name", ["官网　反馈", "𰻝𰻝面 App", "tienda ñandú", "🐟"])
def test_a_source_may_be_named_in_any_script(client: TestClient, name: str) -> None:
    post(client, item(1), name=name)
    pattern = client.get("/openapi.json").json()["components"]["schemas"]["SourceIn"]
    assert re.search(pattern["properties"]["name"]["pattern"], name)
