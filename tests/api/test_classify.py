from __future__ import annotations

import pytest
from starlette.testclient import TestClient


def test_texts_are_read_in_order_with_offsets(client: TestClient) -> None:
    texts = ["质量还行，要是能再送个小礼品就更好了", "更新以后一直闪退", "", "😡"]
    response = client.post(
        "/v1/classify",
        json={"items": [{"id": str(number), "text": text} for number, text in enumerate(texts)]},
    )
    assert response.status_code == 200, response.text
    items = response.json()["items"]
    assert [entry["id"] for entry in items] == ["0", "1", "2", "3"]
    assert [entry["text"] for entry in items] == texts
    for entry in items:
        for unit in entry["units"]:
            assert entry["text"][unit["start"] : unit["end"]] == unit["text"]
    assert items[1]["intent"] == "bug"
    assert items[1]["sentiment"] == "neg"
    assert set(items[1]) == {
        "id", "text", "sentiment", "sentiment_score", "intent", "signals", "units",
    }  # fmt: skip


@pytest.mark.parametrize("count", [0, 501])
def test_a_call_has_a_size(client: TestClient, count: int) -> None:
    response = client.post("/v1/classify", json={"items": [{"text": "好"}] * count})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/items"
