"""Two people change one request at the same moment: one is served, the other is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.requests.moving import create_request
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest, StatusEvent
from tests.api.conftest import NOW

RACES = 24


@pytest.fixture
def requests(database: Database) -> Database:
    with database.write() as session:
        for number in range(RACES):
            create_request(session, title=f"需求{number}", intent="bug", now=NOW)
    return database


@pytest.fixture
def client(settings: Settings, requests: Database) -> Iterator[TestClient]:
    del requests
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def at_once(*calls: Any) -> list[Any]:
    """Run calls in threads that start together; return their answers."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int) -> None:
        barrier.wait(timeout=10)
        answers[place] = calls[place]()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


@pytest.mark.parametrize("seen", ["nothing", "status", "version"])
@pytest.mark.parametrize("targets", [("triaged", "planned"), ("planned", "planned")])
def test_exactly_one_of_two_movers_wins(
    client: TestClient, requests: Database, seen: str, targets: tuple[str, str]
) -> None:
    def move(key: str, actor: str, to: str) -> Any:
        return lambda: client.post(
            f"/v1/requests/{key}/transitions",
            json={"to": to, "actor": actor}
            | ({"expected_status": "new"} if seen == "status" else {}),
            headers={"If-Match": '"1"'} if seen == "version" else {},
        )

    for number in range(1, RACES + 1):
        key = f"REQ-{number}"
        answers = dict(
            zip(
                ("林晓", "小王"),
                at_once(move(key, "林晓", targets[0]), move(key, "小王", targets[1])),
                strict=True,
            )
        )
        assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
        winner = next(name for name, answer in answers.items() if answer.status_code == 200)
        lost = next(answer for answer in answers.values() if answer.status_code == 409).json()
        assert lost["type"].endswith(":conflict")
        assert lost["reason"] == "changed-meanwhile"
        assert lost["facts"]["actor"] == winner
        assert winner in lost["detail"]
        assert "从“新建”改成了" in lost["detail"]
    with requests.read() as session:
        steps = session.exec(select(StatusEvent).where(StatusEvent.from_status != None)).all()  # noqa: E711
        assert len(steps) == RACES
        assert set(session.exec(select(FeatureRequest.version)).all()) == {2}


def test_a_retry_beside_its_first_try_is_written_once(
    client: TestClient, requests: Database
) -> None:
    for number in range(1, RACES + 1):

        def move(key: str = f"REQ-{number}") -> Any:
            return client.post(
                f"/v1/requests/{key}/transitions",
                json={"to": "planned", "actor": "林晓", "expected_status": "new"},
            )

        answers = at_once(move, move)
        assert [answer.status_code for answer in answers] == [200, 200]
        assert sorted(answer.json()["changed"] for answer in answers) == [False, True]
    with requests.read() as session:
        assert set(session.exec(select(FeatureRequest.version)).all()) == {2}


def test_editors_of_different_requests_do_not_block_each_other(client: TestClient) -> None:
    def edit(key: str, **fields: Any) -> Any:
        return lambda: client.patch(f"/v1/requests/{key}", json={"actor": "林晓", **fields})

    def make(title: str) -> Any:
        return lambda: client.post(
            "/v1/requests", json={"title": title, "intent": "bug", "actor": "林晓"}
        )

    for number in range(1, 7):
        answers = at_once(
            edit(f"REQ-{number}", effort=0.2),
            edit(f"REQ-{number + 6}", strategic_weight=0.9),
            make(f"手工{number}"),
            make(f"手写{number}"),
        )
        assert [answer.status_code for answer in answers] == [200, 200, 201, 201]
    keys = [entry["key"] for entry in client.get("/v1/requests?limit=200").json()["items"]]
    assert len(set(keys)) == RACES + 12
