from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from feedback_nlp.store import Database


def edit(client: TestClient, topic_id: int, **body: object) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/v1/topics/{topic_id}/edits", json={"actor": "林晓", **body})
    return answer.status_code, answer.json()


def test_a_rename_is_kept_in_the_ledger(client: TestClient, stored: Database) -> None:
    status, answer = edit(client, 1, action="rename", name="记一笔就闪退")
    assert (status, answer["name"]) == (200, "记一笔就闪退")
    detail = client.get("/v1/topics/1").json()
    assert detail["name"] == "记一笔就闪退"
    assert detail["history"][-1]["actor"] == "林晓"


def test_a_merge_leads_to_the_topic_that_stays_and_can_be_undone(
    client: TestClient, stored: Database
) -> None:
    assert edit(client, 2, action="merge", into=1)[1]["topic_id"] == 1
    assert client.get("/v1/topics/2").json()["state"] == "merged"
    assert edit(client, 2, action="undo")[0] == 200
    assert client.get("/v1/topics/2").json()["state"] == "active"


def test_a_muted_topic_leaves_the_list(client: TestClient, stored: Database) -> None:
    assert edit(client, 1, action="mute")[0] == 200
    assert 1 not in [topic["id"] for topic in client.get("/v1/topics").json()["items"]]


def test_splitting_names_the_new_topic(client: TestClient, stored: Database) -> None:
    status, answer = edit(client, 1, action="split", units=[1], name="升级后闪退")
    assert (status, answer["name"]) == (200, "升级后闪退")
    assert answer["topic_id"] not in (1, 2)


@pytest.mark.parametrize(
    ("topic_id", "body", "status"),
    [
        (99, {"action": "pin"}, 404),
        (1, {"action": "merge", "into": 1}, 409),
        (2, {"action": "undo"}, 409),
        (1, {"action": "explode"}, 422),
        (1, {"action": "rename"}, 422),
        (1, {"action": "rename", "name": "  "}, 422),
        (1, {"action": "split", "units": [4], "name": "别的"}, 409),
        (1, {"action": "nest", "under": 1}, 409),
    ],
)
def test_an_edit_that_cannot_be_is_a_problem_document(
    client: TestClient, stored: Database, topic_id: int, body: dict[str, object], status: int
) -> None:
    answered, problem = edit(client, topic_id, **body)
    assert answered == status
    assert problem["status"] == status
    assert problem["title"]


def test_what_nobody_sees_is_not_kept_in_a_name(client: TestClient, stored: Database) -> None:
    status, answer = edit(client, 1, action="rename", name="\u200b记\x1b[31m一笔\t就闪退\ufeff")
    assert (status, answer["name"]) == (200, "记[31m一笔 就闪退")
    assert edit(client, 1, action="rename", name="\x1b\u200b")[0] == 422
