"""What every connector must do with every kind of push, through the service, on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.inlet_tables import InletEvent, InletRecord
from feedback_nlp.store.tables import Feedback, metadata
from tests.inlets.samples import GENERIC_MAPPING, SAMPLES, Sample
from tests.stored_letters import in_letters

NOW = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)
FIRST, SECOND = "一点结算就闪退，付不了款", "更新以后一点结算还是闪退"
OLD, NEW, NEWER = "2026-11-16 10:00:00", "2026-11-16 11:00:00", "2026-11-16 11:30:00"
ALL = sorted(SAMPLES)


class Pushes:
    """Pushes to one inlet of a served application."""

    def __init__(self, client: TestClient, sample: Sample, clock: list[datetime]) -> None:
        self.client, self.sample, self.clock = client, sample, clock

    def raw(self, body: bytes, headers: dict[str, str]) -> Any:
        token = f"{self.sample.connector}-" + "t" * 24
        return self.client.post(f"/v1/ingest/{token}", content=body, headers=headers)

    def __call__(self, value: Any) -> str:
        answer = self.raw(*self.sample.request(value, self.clock[0]))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["outcome"])


@pytest.fixture(scope="module")
def ticking() -> list[datetime]:
    return [NOW]


@pytest.fixture
def clock(ticking: list[datetime]) -> list[datetime]:
    ticking[0] = NOW
    return ticking


@pytest.fixture(scope="module")
def shared(new_database_url: Callable[[], str]) -> Iterator[Database]:
    database = Database(new_database_url())
    yield database
    database.dispose()


@pytest.fixture
def database(shared: Database) -> Iterator[Database]:
    """An empty database: a service that starts for each case would take minutes."""
    yield shared
    with shared.write() as session:
        session.execute(sql("DELETE FROM feedback_search"))
        for table in reversed(metadata.sorted_tables):
            if table.name not in {"setting", "audit_event"}:
                session.execute(table.delete())


@pytest.fixture(scope="module")
def service(
    shared: Database, tmp_path_factory: pytest.TempPathFactory, ticking: list[datetime]
) -> Iterator[TestClient]:
    lines = []
    for name, sample in SAMPLES.items():
        lines += [
            f"[inlets.{name}]",
            f'connector = "{name}"',
            f'source = "来源 {name}"',
            f'token = "{name}-{"t" * 24}"',
        ]
        if sample.secret:
            lines.append(f'secret = "{sample.secret}"')
    path = tmp_path_factory.mktemp("inlets") / "inlets.toml"
    path.write_text("\n".join(lines) + GENERIC_MAPPING, encoding="utf-8")
    url = shared.url.render_as_string(hide_password=False)
    settings = Settings(
        database_url=url,
        inlets=path,
        secret="测试用的密钥",
        guest_rate_per_minute=10**6,
        worker=False,
    )
    with TestClient(
        create_app(settings, now=lambda: ticking[0]), raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture
def client(service: TestClient, database: Database, clock: list[datetime]) -> TestClient:
    return service


@pytest.fixture(params=ALL)
def push(request: pytest.FixtureRequest, client: TestClient, clock: list[datetime]) -> Pushes:
    return Pushes(client, SAMPLES[request.param], clock)


def said(database: Database) -> list[str]:
    with database.read() as session:
        return [row.text.removeprefix("工单\n") for row in session.exec(select(Feedback))]


def outcomes(database: Database) -> list[str]:
    with database.read() as session:
        return [event.outcome for event in session.exec(select(InletEvent))]


def test_a_push_becomes_feedback_of_its_source(push: Pushes, database: Database) -> None:
    assert push(push.sample.push(FIRST)) == "stored"
    assert said(database) == [FIRST]
    with database.read() as session:
        row = session.exec(select(Feedback)).one()
        assert row.author_key or push.sample.connector not in {"wjx", "tencent", "tucao"}
        assert row.occurred_at <= NOW
    shown = push.client.get("/v1/feedback", params={"source": f"来源 {push.sample.connector}"})
    assert len(shown.json()["items"]) == 1


def test_the_same_push_twice_is_one(push: Pushes, database: Database) -> None:
    value = push.sample.push(FIRST)
    assert push(value) == "stored"
    assert push(value) == "duplicate"
    assert said(database) == [FIRST]
    assert outcomes(database) == ["stored"]


def test_a_push_replayed_later_under_another_name_changes_nothing(
    push: Pushes, database: Database, clock: list[datetime]
) -> None:
    push(push.sample.push(FIRST, OLD, "1"))
    push(push.sample.update(SECOND, NEW, "2"))
    clock[0] += timedelta(hours=3)
    again = push.sample.push(FIRST, OLD, "3")
    again["padding"] = "x"  # so that the bytes differ, too
    assert push(again) == "outdated"
    assert said(database) == [SECOND]


def test_an_update_is_honoured_and_the_same_words_are_no_change(
    push: Pushes, database: Database
) -> None:
    push(push.sample.push(FIRST, OLD, "1"))
    assert push(push.sample.update(SECOND, NEW, "2")) == "updated"
    assert said(database) == [SECOND]
    assert push(push.sample.update(SECOND, NEWER, "3")) == "unchanged"
    assert said(database) == [SECOND]
    found = push.client.get("/v1/feedback", params={"q": "还是闪退"}).json()["items"]
    assert len(found) == 1
    assert push.client.get("/v1/feedback", params={"q": "付不了款"}).json()["items"] == []


def test_events_out_of_order_end_where_events_in_order_do(push: Pushes, database: Database) -> None:
    push(push.sample.update(SECOND, NEW, "2"))
    assert push(push.sample.push(FIRST, OLD, "1")) == "outdated"
    assert said(database) == [SECOND]


@pytest.mark.parametrize("name", [name for name in ALL if SAMPLES[name].deletes])
def test_a_deletion_is_honoured_and_holds(
    name: str, client: TestClient, clock: list[datetime], database: Database
) -> None:
    push = Pushes(client, SAMPLES[name], clock)
    push(push.sample.push(FIRST, OLD, "1"))
    assert push(push.sample.delete(NEW, "2")) == "deleted"
    assert said(database) == []
    assert push(push.sample.update(SECOND, NEWER, "3")) == "outdated"
    assert said(database) == []
    with database.read() as session:
        assert session.exec(select(InletRecord)).one().record_key.startswith("gone-")
        assert {event.record_key for event in session.exec(select(InletEvent))} == {""}


@pytest.mark.parametrize("name", [name for name in ALL if SAMPLES[name].deletes])
def test_a_deletion_that_comes_first_holds(
    name: str, client: TestClient, clock: list[datetime], database: Database
) -> None:
    push = Pushes(client, SAMPLES[name], clock)
    assert push(push.sample.delete(NEW, "2")) == "deleted"
    assert push(push.sample.push(FIRST, OLD, "1")) == "outdated"
    assert said(database) == []


def test_a_test_push_is_answered_and_stores_nothing(push: Pushes, database: Database) -> None:
    for value in push.sample.tests:
        assert push(value) == "test"
    token = f"{push.sample.connector}-" + "t" * 24
    assert push.client.get(f"/v1/ingest/{token}").json()["connector"] == push.sample.connector
    assert (said(database), outcomes(database)) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"not json",
        b"[1, 2]",
        b'"text"',
        b"7",
        b'{"a": 1, "activity": [], "action": "answer.create", "event": "responseFinished"}',
        b'{"event": "message_created", "type": "post.created", "event_type": "form_response"}',
        b'{"type": "zen:event-type:ticket.created", "detail": [], "form": "x", "id": "1"}',
        b'{"payload": {"post": 7}, "type": "post.created", "event": "message_created"}',
        b"[" * 5_000 + b"]" * 5_000,
        b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
        b"\xff\xfe\x00\x01\x80\x81",
        b"\x00",
    ],
    ids=range(13),
)
def test_what_cannot_be_read_is_refused_kept_and_harms_nothing(
    push: Pushes, body: bytes, database: Database
) -> None:
    """Some bodies are another sender's events, which a connector may also just ignore."""
    _, headers = push.sample.request(body, NOW)
    answer = push.raw(body, headers)
    if answer.status_code == 200:
        assert answer.json()["outcome"] in {"ignored", "test"}
    else:
        refusals = {401, 422} if push.sample.connector == "wjx" else {422}
        assert answer.status_code in refusals, answer.text
        assert push.raw(body, headers).status_code == answer.status_code
    assert said(database) == []
    assert set(outcomes(database)) <= {"malformed", "ignored"}
    assert push(push.sample.push(FIRST)) == "stored"


@pytest.mark.parametrize("name", [name for name in ALL if SAMPLES[name].secret])
@pytest.mark.parametrize("how", ["missing", "other-secret", "other-body", "garbage"])
def test_a_wrong_signature_stores_nothing(
    name: str, how: str, client: TestClient, clock: list[datetime], database: Database
) -> None:
    push = Pushes(client, SAMPLES[name], clock)
    other = "whsec_" + "QUFB" * 8 if "whsec_" in push.sample.secret else "another-secret"
    value = push.sample.push(FIRST)
    body, headers = push.sample.request(value, NOW, other if how == "other-secret" else None)
    if name == "wjx":  # its signature is in the body, and does not cover the answers
        body = {
            "missing": lambda: push.sample.request({**value, "sign": ""}, NOW)[0].replace(
                b'"sign"', b'"sing"'
            ),
            "other-secret": lambda: body,
            "other-body": lambda: body.replace(b'"index": "12"', b'"index": "13"'),
            "garbage": lambda: body.replace(b'"sign": "', b'"sign": "\\u00e9'),
        }[how]()
    elif how == "missing":
        headers = {}
    elif how == "other-body":
        body = body.replace(b"{", b"{ ", 1)
    elif how == "garbage":
        headers = {key: "!!" if "sign" in key.lower() else one for key, one in headers.items()}
    answer = push.raw(body, headers)
    assert answer.status_code == 401, answer.text
    assert answer.json()["type"].endswith("wrong-signature")
    assert (said(database), outcomes(database)) == ([], [])


@pytest.mark.parametrize("name", ["formbricks", "generic"])
def test_a_signature_from_long_ago_is_refused(
    name: str, client: TestClient, clock: list[datetime], database: Database
) -> None:
    push = Pushes(client, SAMPLES[name], clock)
    for minutes in (-6, 6):
        answer = push.raw(
            *push.sample.request(push.sample.push(FIRST), NOW + timedelta(minutes=minutes))
        )
        assert answer.status_code == 401


def test_no_person_is_found_on_disk(push: Pushes, database: Database) -> None:
    value = push.sample.push(f"{FIRST}，电话 13812345678")
    push(value)
    with database.read() as session:
        dump = "\n".join(
            str(row)
            for table in metadata.sorted_tables
            for row in session.execute(sql(f'SELECT * FROM "{table.name}"'))
        )
    dump = in_letters(dump)
    assert "闪退" in dump
    for word in push.sample.person:
        assert word not in dump, word


def test_the_raw_event_is_kept_without_persons(push: Pushes, database: Database) -> None:
    push(push.sample.push(FIRST))
    with database.read() as session:
        event = session.exec(select(InletEvent)).one()
    assert FIRST in str(event.body)
    assert (len(event.body_key), event.outcome) == (32, "stored")


def test_a_wrong_token_takes_nothing(push: Pushes, database: Database) -> None:
    """It is all that three of the senders are known by: they sign nothing."""
    body, headers = push.sample.request(push.sample.push(FIRST), NOW)
    for token in ("x" * 30, push.sample.connector, f"{push.sample.connector}-" + "t" * 23):
        address = f"/v1/ingest/{token}"
        assert push.client.post(address, content=body, headers=headers).status_code == 404
        assert push.client.get(address).status_code == 404
    assert (said(database), outcomes(database)) == ([], [])
