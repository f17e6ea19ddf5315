"""The figures of the loop over the API are those of the digest."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from feedback_nlp.config import load_config
from feedback_nlp.labels import RequestStatus
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Run
from tests.api.conftest import NOW
from tests.api.test_request_changes import patch, requests  # noqa: F401 - a fixture
from tests.api.test_requests import move

pytestmark = pytest.mark.usefixtures("requests")
FIGURES = (
    "requests",
    "closed",
    "answered",
    "median_days",
    "told_people",
    "told_notices",
    "repeat_people",
    "repeat_keys",
)


@pytest.fixture(autouse=True)
def _analysed(stored: Database) -> None:
    with stored.write() as session:
        session.add(Run(kind="analyze", status="complete", started_at=NOW, finished_at=NOW))


def test_the_loop_is_that_of_the_digest(client: TestClient) -> None:
    assert move(client, "REQ-1", "planned").status_code == 200
    patch(client, due="2026-11-20")
    asked = {"week": "2026-W47"}
    found = client.get("/v1/loop", params=asked).json()
    told = client.get("/v1/digests/2026-W47").json()["loop_figures"]
    assert {name: found[name] for name in FIGURES} == {name: told[name] for name in FIGURES}
    assert (found["requests"], found["closed"], found["closure_rate"]) == (2, 0, 0.0)
    assert [item["key"] for item in found["broken"]] == ["REQ-1"]
    assert "失约 1 个：REQ-1 记账闪退（11月20日到期未发布）" in (
        client.get("/v1/digests/2026-W47", params={"format": "md"}).text
    )
    assert found["late"] == []
    assert client.get("/v1/loop", params={"week": "W47"}).status_code == 422


def test_what_is_late_is_named(client: TestClient) -> None:
    limit = load_config().loop.business_days[RequestStatus.NEW]
    client.app.state.services.now = lambda: NOW.replace(month=12)  # type: ignore[attr-defined]
    late = client.get("/v1/loop", params={"week": "2026-W47"}).json()["late"]
    assert [item["key"] for item in late] == ["REQ-1", "REQ-2"]
    assert late[0]["clock"]["limit"] == limit
    assert late[0]["clock"]["is_late"]
