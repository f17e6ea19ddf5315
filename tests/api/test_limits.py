"""How much a caller may ask, how slow a client may be, and what a repeated post does."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import uvicorn
from fastapi import FastAPI
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api import create_app, edge, server, slow_clients
from feedback_api.access.limits import Limits
from feedback_nlp.access import Scope, keys
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.reply_table import StoredReply
from feedback_nlp.store.tables import FeatureRequest, IngestBatch
from tests.api.conftest import NOW

HALF_OPEN = 600
POST = {
    "source": {"name": "官网反馈", "kind": "in_app"},
    "items": [{"source_key": "a", "text": "闪退"}],
}
REQUEST = {"title": "导出表格", "intent": "feature", "actor": "林晓"}


# ── rates ────────────────────────────────────────────────────────────────────


def test_a_bucket_empties_and_fills_again() -> None:
    seconds = [0.0]
    limits = Limits(lambda: seconds[0])
    taken = [limits.take("a", 60) for _ in range(61)]
    assert [one.allowed for one in taken] == [True] * 60 + [False]
    assert (taken[0].remaining, taken[-1].remaining) == (59, 0)
    assert taken[-1].retry_seconds == 1
    assert limits.take("b", 60).allowed
    seconds[0] = 1.0
    assert limits.take("a", 60).allowed
    assert not limits.take("a", 60).allowed
    seconds[0] = 1000.0
    assert limits.take("a", 60).remaining == 59


@pytest.fixture
def narrow(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    # no bucket fills meanwhile, however long a busy machine takes to ask
    monkeypatch.setattr("feedback_api.access.gate.Limits", lambda _ticks: Limits(lambda: 0.0))
    few = {"require_keys": True, "rate_per_minute": 3, "guest_rate_per_minute": 2}
    with TestClient(create_app(settings.model_copy(update=few), now=lambda: NOW)) as client:
        yield client


def test_a_key_that_asks_too_much_is_told_when_to_come_back(
    narrow: TestClient, database: Database
) -> None:
    with database.write() as session:
        first, second = (
            keys.create_key(session, name, [Scope.READ], actor="测试", now=NOW).token
            for name in ("甲", "乙")
        )
    header = {"Authorization": f"Bearer {first}"}
    answers = [narrow.get("/v1/topics", headers=header) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-limit"] == "3"
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["type"].endswith(":too-many-requests")
    other = narrow.get("/v1/topics", headers={"Authorization": f"Bearer {second}"})
    assert other.status_code == 200


def test_guests_share_the_rate_of_their_address(narrow: TestClient) -> None:
    assert [narrow.get("/v1/topics").status_code for _ in range(3)] == [401, 401, 429]


def test_guessing_keys_is_slowed_down(narrow: TestClient) -> None:
    header = {"Authorization": "Bearer fnlp_wrong"}
    answers = [narrow.get("/v1/topics", headers=header).status_code for _ in range(61)]
    assert set(answers[:60]) == {401}
    assert answers[-1] == 429


def test_this_machine_without_keys_is_not_counted(client: TestClient) -> None:
    assert "ratelimit-limit" not in client.get("/v1/topics").headers


# ── slow clients ─────────────────────────────────────────────────────────────


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """The application behind a real socket; stopped at the end."""
    listener = server.listen("127.0.0.1", 0)
    running = uvicorn.Server(server._config(app))
    ready = threading.Event()
    startup = running.startup

    async def started(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        ready.set()

    running.startup = started  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: asyncio.run(running.serve([listener])), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield listener.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join(60)
        listener.close()


def _ask(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_half_open_connections_are_closed_and_nobody_else_notices(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_clients, "HEAD_SECONDS", 1.0)
    beginnings = [b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\n", b"G", b"POST /v1/feedback HTTP/1.1"]
    with served(create_app(settings)) as port:
        half_open = []
        for number in range(HALF_OPEN):
            connection = socket.create_connection(("127.0.0.1", port), timeout=60)
            half_open.append(connection)
            connection.sendall(beginnings[number % len(beginnings)])
        whole = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        assert b" 200 " in _ask(port, whole)
        for connection in half_open:
            with connection, suppress(ConnectionResetError):
                assert connection.recv(1) == b""  # waits for the end
        assert b" 200 " in _ask(port, whole)


def test_a_body_that_does_not_come_is_not_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "STALL_SECONDS", 0.2)
    head = b"POST /v1/feedback HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"
    with served(create_app(settings)) as port:
        answer = _ask(port, head)
    assert b" 408 " in answer
    assert b"too-slow" in answer


def test_a_connection_is_kept_for_a_second_request(settings: Settings) -> None:
    ask = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with served(create_app(settings)) as port:
        assert _ask(port, ask + last).count(b" 200 ") == 2


def test_a_resting_connection_is_kept_longer_than_a_proxy_keeps_it(settings: Settings) -> None:
    assert server._config(create_app(settings)).timeout_keep_alive > 60


# ── repeated posts ───────────────────────────────────────────────────────────


def test_a_repeated_post_gets_the_first_reply(client: TestClient, database: Database) -> None:
    header = {"Idempotency-Key": "one"}
    first, again = (client.post("/v1/feedback", json=POST, headers=header) for _ in range(2))
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    with database.read() as session:
        assert len(session.exec(select(IngestBatch)).all()) == 1


def test_location_and_status_are_repeated_too(client: TestClient, database: Database) -> None:
    header = {"Idempotency-Key": "make"}
    first, again = (client.post("/v1/requests", json=REQUEST, headers=header) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["location"] == again.headers["location"]
    assert first.headers["etag"] == again.headers["etag"]
    with database.read() as session:
        assert len(session.exec(select(FeatureRequest)).all()) == 1


def test_the_same_key_with_another_body_is_refused(client: TestClient) -> None:
    header = {"Idempotency-Key": "one"}
    client.post("/v1/feedback", json=POST, headers=header)
    other = client.post("/v1/feedback", json={**POST, "items": []}, headers=header)
    assert other.status_code == 422
    assert other.json()["type"].endswith(":idempotency-mismatch")
    elsewhere = client.post("/v1/requests", json=REQUEST, headers=header)
    assert elsewhere.status_code == 201, "another address is another key"


def test_what_failed_may_be_mended_under_its_key(client: TestClient) -> None:
    header = {"Idempotency-Key": "one"}
    assert client.post("/v1/feedback", json={}, headers=header).status_code == 422
    assert client.post("/v1/feedback", json=POST, headers=header).status_code == 200


def test_a_post_that_is_under_way_is_not_begun_again(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedback_nlp.access.replies.fill", lambda *_: None)
    header = {"Idempotency-Key": "one"}
    client.post("/v1/feedback", json=POST, headers=header)
    again = client.post("/v1/feedback", json=POST, headers=header)
    assert again.status_code == 409
    assert again.headers["retry-after"] == "1"


@pytest.mark.parametrize("key", ["", " ", "x" * 201])
def test_an_unusable_key_is_refused(client: TestClient, key: str) -> None:
    answer = client.post("/v1/feedback", json=POST, headers={"Idempotency-Key": key})
    assert answer.status_code == 422


def test_kept_replies_hold_no_personal_data(client: TestClient, database: Database) -> None:
    items = [{"source_key": "13812345678-1", "text": "闪退"}]
    header = {"Idempotency-Key": "one"}
    first = client.post("/v1/feedback", json={**POST, "items": items}, headers=header)
    assert first.json()["items"][0]["source_key"] == "13812345678-1"
    client.post("/v1/people/export", json={"author": "谁"}, headers={"Idempotency-Key": "two"})
    with database.read() as session:
        (kept,) = session.exec(select(StoredReply)).all()
    assert b"13812345678" not in kept.body


# ── addresses, figures, readiness ────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/feedback", "GET, POST"),
        ("/v1/lexicon", "GET, POST"),
        ("/v1/requests", "GET, POST"),
        ("/v1/requests/REQ-1", "GET, PATCH"),
        ("/v1/lexicon/词", "DELETE"),
        ("/healthz", "GET"),
    ],
)
def test_allow_names_every_method_of_an_address(
    client: TestClient, path: str, allowed: str
) -> None:
    answer = client.request("PUT", path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed


def test_figures_for_prometheus(client: TestClient, stored: Database) -> None:
    client.get("/v1/topics", params={"product": "小岛记账"})
    client.get("/nowhere/张三")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    labels = 'method="GET",route="/v1/topics",status="200"'
    assert f"feedback_http_requests_total{{{labels}}} 1.0" in text
    assert "feedback_newest_id 5.0" in text
    assert "feedback_database_up 1.0" in text
    assert "小岛记账" not in text
    assert "张三" not in text


def test_not_ready_when_nothing_can_be_written(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feedback_nlp.errors import StoreError

    def refuse(_database: Database) -> None:
        raise StoreError("attempt to write a readonly database")

    monkeypatch.setattr(Database, "try_write", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "写不进去" in answer.json()["checks"]["writing"]
    assert answer.json()["checks"]["database"] == "ok"
