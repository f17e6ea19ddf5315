from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from feedback_nlp.store.tables import Run


@pytest.fixture
def analysed(stored: Database) -> Database:
    with stored.write() as session:
        session.add(
            Run(kind="analyze", status="complete", started_at=datetime(2026, 11, 18, tzinfo=UTC))
        )
    return stored


def test_without_data_there_is_no_digest(client: TestClient) -> None:
    response = client.get("/v1/digests/latest")
    assert response.status_code == 404
    assert "还没有反馈" in response.json()["detail"]
    page = client.get("/report")
    assert page.status_code == 200
    assert "还没有周报" in page.text


@pytest.mark.usefixtures("analysed")
def test_a_digest_in_three_formats(client: TestClient) -> None:
    payload = client.get("/v1/digests/2026-W47").json()
    assert payload["week"] == "2026-W47"
    assert payload["totals"]["feedback"]["value"] == 5
    assert client.get("/v1/digests/latest").json() == payload
    html = client.get("/v1/digests/2026-W47", params={"format": "html"})
    assert html.headers["content-type"].startswith("text/html")
    markdown = client.get("/v1/digests/2026-W47", params={"format": "md"})
    assert markdown.headers["content-type"].startswith("text/markdown")
    for page in (html.text, markdown.text):
        assert "记账闪退" in page
    assert client.get("/report").text == html.text


@pytest.mark.usefixtures("analysed")
def test_a_digest_of_one_product(client: TestClient) -> None:
    payload = client.get("/v1/digests/2026-W47", params={"product": "小岛日历"}).json()
    assert payload["totals"]["feedback"]["value"] == 2


@pytest.mark.usefixtures("analysed")
@pytest.mark.parametrize("url", ["/report", "/docs"])
def test_pages_need_nothing_from_elsewhere(client: TestClient, url: str) -> None:
    page = client.get(url).text
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href|action)=["'](?:https?:)?//""", page)
    assert not re.findall(r"url\((?!['\"]?data:)", page)
    assert "@import" not in page


@pytest.mark.usefixtures("analysed")
def test_topics_and_digest_count_alike(client: TestClient) -> None:
    digest = client.get("/v1/digests/2026-W47").json()
    topics = client.get("/v1/topics", params={"week": "2026-W47"}).json()["items"]
    assert {topic["id"]: topic["people_count"] for topic in topics} == {
        topic["topic_id"]: topic["people"]["value"] for topic in digest["topics"]
    }
