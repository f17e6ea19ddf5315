"""Comments, cards, reasons and clocks over the API."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.api.test_request_changes import patch, requests  # noqa: F401 - a fixture
from tests.api.test_requests import move

pytestmark = pytest.mark.usefixtures("requests")
LINK = "https://github.com/example/app/issues/12"


def test_plans_are_written_and_read(client: TestClient) -> None:
    answer = patch(client, target_release="3.3", labels=["相册"], tracker_url=LINK)
    assert answer.status_code == 200
    shown = client.get("/v1/requests/REQ-1").json()
    assert (shown["target_release"], shown["labels"], shown["tracker_url"]) == (
        "3.3",
        ["相册"],
        LINK,
    )
    assert shown["edits"][0]["detail"]["labels"] == [[], ["相册"]]
    assert patch(client, owner="小王", reason="评审会定的").status_code == 200
    edit = client.get("/v1/requests/REQ-1").json()["edits"][-1]
    assert (edit["actor"], edit["reason"], edit["detail"]) == (
        "林晓",
        "评审会定的",
        {"owner": [None, "小王"]},
    )
    assert patch(client, reason="只有原因").status_code == 422
    assert patch(client, labels=None).json()["request"]["labels"] == []
    assert patch(client, tracker_url="javascript:alert(1)").status_code == 422
    assert patch(client, tracker_url="https://a:b@c.example").status_code == 422


def test_a_comment_twice_is_one(client: TestClient) -> None:
    said = {"actor": "林晓", "text": "电话 13812345678 回访过"}
    first = client.post("/v1/requests/REQ-1/comments", json=said)
    again = client.post("/v1/requests/REQ-1/comments", json=said)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["added"], again.json()["added"]) == (True, False)
    (comment,) = client.get("/v1/requests/REQ-1").json()["comments"]
    assert comment == first.json()["comment"]
    assert "13812345678" not in comment["text"]
    assert client.post("/v1/requests/REQ-9/comments", json=said).status_code == 404


def test_the_card_is_markdown(client: TestClient) -> None:
    card = client.get("/v1/requests/REQ-1/card").json()["markdown"]
    assert card.startswith("## REQ-1 记账闪退\n")
    assert "> 一点记账就闪退" in card
    assert client.get("/v1/requests/REQ-9/card").status_code == 404


def test_a_reason_comes_back_for_the_same_ask(client: TestClient) -> None:
    assert client.get("/v1/decline-reasons").json() == {"items": []}
    assert move(client, "REQ-1", "declined", reason="与隐私政策冲突").status_code == 200
    for key, is_same in (("REQ-1", True), ("REQ-2", False)):
        (found,) = client.get("/v1/decline-reasons", params={"request": key}).json()["items"]
        assert (found["reason"], found["times"], found["keys"]) == ("与隐私政策冲突", 1, ["REQ-1"])
        assert found["is_same_ask"] is is_same
    assert client.get("/v1/decline-reasons", params={"request": "REQ-9"}).status_code == 404
    assert client.get("/v1/decline-reasons", params={"request": "x"}).status_code == 422


def test_the_clock_of_a_status(client: TestClient) -> None:
    clock = client.get("/v1/requests/REQ-1").json()["clock"]
    assert clock == {
        "since": "2026-11-18T04:00:00Z",
        "business_days": 0,
        "limit": 3,
        "due_on": "2026-11-23",
        "is_late": False,
    }


def test_requests_are_linked_and_unlinked(client: TestClient) -> None:
    wanted = {"actor": "林晓", "to": "REQ-2", "kind": "blocks"}
    first, again = (client.post("/v1/requests/REQ-1/links", json=wanted) for _ in range(2))
    assert (first.json()["changed"], again.json()["changed"]) == (True, False)
    (seen,) = client.get("/v1/requests/REQ-2").json()["links"]
    assert (seen["kind"], seen["key"], seen["title"]) == ("blocked_by", "REQ-1", "记账闪退")
    undone = {"actor": "林晓", "to": "REQ-1", "reason": "各做各的"}
    gone = client.post("/v1/requests/REQ-2/links/remove", json=undone)
    assert gone.json() == {"changed": True, "links": []}
    last = client.get("/v1/requests/REQ-1").json()["edits"][-1]
    assert (last["detail"], last["reason"]) == ({"link": ["阻碍 REQ-2", None]}, "各做各的")
    assert (
        client.post("/v1/requests/REQ-1/links", json={**wanted, "to": "REQ-9"}).status_code == 404
    )
    assert (
        client.post("/v1/requests/REQ-1/links", json={**wanted, "to": "REQ-1"}).status_code == 409
    )


def test_evidence_is_added_and_taken_out_with_a_reason(client: TestClient) -> None:
    here = "/v1/requests/REQ-2/evidence"
    unit = client.get("/v1/requests/REQ-1/evidence").json()["items"][0]["unit_id"]
    wanted = {"actor": "林晓", "unit_id": unit, "reason": "说的也是它"}
    before = client.get("/v1/requests/REQ-2").json()["evidence_count"]
    first, again = (client.post(here, json=wanted).json() for _ in range(2))
    assert (first["changed"], again["changed"]) == (True, False)
    assert first["request"]["evidence_count"] == before + 1
    gone = client.post(f"{here}/remove", json={**wanted, "reason": "看错了"}).json()
    assert (gone["changed"], gone["request"]["evidence_count"]) == (True, before)
    assert client.post(f"{here}/remove", json=wanted).status_code == 409
    edits = client.get("/v1/requests/REQ-2").json()["edits"]
    assert [edit["reason"] for edit in edits] == ["说的也是它", "看错了"]


def test_a_request_is_split_and_put_together_again(client: TestClient) -> None:
    page = client.get("/v1/requests/REQ-1/evidence").json()["items"]
    wanted = {"actor": "林晓", "title": "拆出来的", "unit_ids": [page[0]["unit_id"]]}
    wanted["reason"] = "是两回事"
    made = client.post("/v1/requests/REQ-1/split", json=wanted)
    assert made.status_code == 201
    assert (made.json()["title"], made.json()["evidence_count"]) == ("拆出来的", 1)
    assert client.get("/v1/requests/REQ-1").json()["evidence_count"] == len(page) - 1
    why = {"actor": "林晓", "reason": "还是一回事"}
    undone = client.post("/v1/requests/REQ-1/split/undo", json=why)
    assert undone.json()["withdrawn"] == made.json()["key"]
    assert undone.json()["request"]["evidence_count"] == len(page)
    edits = client.get("/v1/requests/REQ-1").json()["edits"]
    assert [edit["reason"] for edit in edits] == ["是两回事", "还是一回事"]
    again = client.post("/v1/requests/REQ-1/split/undo", json={"actor": "林晓"})
    assert again.status_code == 409
