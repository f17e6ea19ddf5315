"""The Monday digest, sent: by command, by service, by the worker."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.cli.app import main
from feedback_nlp.config import load_config
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, outbox
from feedback_nlp.store.outbox_tables import OutletState
from feedback_nlp.worker import Worker, Workplace, plans
from tests.outlets.local_server import Reply, Sink
from tests.outlets.mail_server import mail_server
from tests.week.six_weeks import NOW, ZONE, six_weeks

HOSTILE = "@所有人 闪退 https://evil.com/x [点我](http://evil.com)"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Command = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def url(new_database_url: Callable[[], str]) -> str:
    url = new_database_url()
    with six_weeks(url) as (store, build), store.write() as session:
        build.session = session
        build.say(HOSTILE, topic="上传照片闪退", weeks_ago=0)
        sync_requests(session, load_config().rank, zone=ZONE, now=NOW)
    return url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    with database.write() as session:  # the tests share one database
        for row in outbox.rows_in(session, limit=1_000):
            session.delete(row)
        for state in session.exec(select(OutletState)):
            session.delete(state)
    database.dispose()


@pytest.fixture
def outlets(tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Path:
    sink.otherwise = Reply(body=b'{"errcode":0,"code":0}')
    path = tmp_path / "outlets.toml"
    robots = "".join(
        f'[outlets.{name}]\nchannel = "{name}"\nurl = "{sink.url}/{name}"\n'
        for name in ("wecom", "dingtalk", "feishu")
    )
    path.write_text(
        f'allow_local = ["{sink.allowed}"]\n{robots}'
        f'[outlets.crm]\nchannel = "webhook"\nurl = "{sink.url}/crm"\nsecrets = ["{SECRET}"]\n'
    )
    monkeypatch.setenv("FEEDBACK_OUTLETS", str(path))
    return path


@pytest.fixture
def command(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["feedback-nlp", *arguments, "--db", url])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out + printed.err

    return run


def states(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(row.outlet, row.state) for row in outbox.rows_in(session)][::-1]


def test_the_digest_is_sent_once_a_week_and_outlet(
    command: Command, database: Database, outlets: Path, sink: Sink
) -> None:
    to = ["--to", "wecom", "--to", "dingtalk", "--to", "crm", "--week", "2026-W47"]
    code, printed = command("send", "digest", *to)
    assert code == 0, printed
    assert {got.path for got in sink.received} == {
        "/hook/wecom",
        "/hook/dingtalk",
        "/hook/crm",
    }
    heard = len(sink.received)
    code, printed = command("send", "digest", *to)
    assert "--again" in printed
    assert len(sink.received) == heard
    assert command("send", "digest", *to, "--again")[0] == 0
    assert len(sink.received) == 2 * heard


def test_what_strangers_wrote_is_harmless_in_every_robot(
    command: Command, database: Database, outlets: Path, sink: Sink
) -> None:
    command("send", "digest", "--to", "wecom", "--to", "dingtalk", "--to", "feishu")
    texts = "".join(got.body.decode() for got in sink.received)
    assert "上传照片闪退" in texts
    assert "evil" not in texts
    assert "@" not in texts
    assert "://" not in texts


def test_the_webhook_is_thin_and_says_what_to_fetch(
    command: Command, database: Database, outlets: Path, sink: Sink
) -> None:
    command("send", "digest", "--to", "crm", "--week", "2026-W47")
    (got,) = sink.received
    body = json.loads(got.body)
    assert body["type"] == "digest.weekly"
    assert body["data"]["details"] == "/v1/digests/2026-W47"
    assert body["data"]["people_count"] > 0
    assert "闪退" not in got.body.decode(), "texts of people stay here"


def test_a_preview_sends_and_keeps_nothing(
    command: Command, database: Database, outlets: Path, sink: Sink
) -> None:
    code, printed = command("send", "digest", "--to", "wecom", "--dry-run")
    assert code == 0
    assert "上传照片闪退" in printed
    assert (sink.received, states(database)) == ([], [])


def test_what_fails_is_told_and_tried_again(
    command: Command, database: Database, outlets: Path, sink: Sink
) -> None:
    sink.otherwise = Reply(body=b'{"errcode":93000}')
    code, printed = command("send", "digest", "--to", "wecom", "--week", "2026-W47")
    assert (code, "发送失败 1 条" in printed) == (1, True)
    assert "93000" in command("outbox", "list", "--state", "failed")[1]
    sink.otherwise = Reply(body=b'{"errcode":0}')
    with database.read() as session:
        first = outbox.rows_in(session)[-1]
    assert command("outbox", "retry", str(first.id))[0] == 0
    assert command("outbox", "send")[0] == 0
    assert {state for _, state in states(database)} == {"sent"}


def test_an_email_has_page_and_workbook(
    command: Command, database: Database, outlets: Path
) -> None:
    with mail_server() as box:
        text = (
            f'[outlets.mail]\nchannel = "email"\nhost = "127.0.0.1"\nport = {box.port}\n'
            'security = "none"\nfrom = "a@example.com"\nto = ["b@example.com", "c@example.com"]\n'
        )
        outlets.write_text(text)
        code, printed = command("send", "digest", "--to", "mail", "--week", "2026-W47")
        assert (code, "已发 2 条" in printed) == (0, True), printed
        assert sorted(box.recipients) == ["b@example.com", "c@example.com"]
        page = box.messages[0].get_body(("html",))
        assert page is not None
        assert "上传照片闪退" in page.get_content()
        (book,) = box.messages[0].iter_attachments()
        assert book.get_filename() == "用户反馈-2026-W47.xlsx"


def test_outlets_are_listed_and_tested(
    command: Command, database: Database, outlets: Path, sink: Sink
) -> None:
    code, printed = command("outlets", "list")
    assert "企业微信机器人" in printed
    assert str(sink.port) not in printed
    assert command("outlets", "test", "feishu")[0] == 0
    assert "feedback-nlp 测试消息" in sink.received[0].body.decode()
    sink.otherwise = Reply(410)
    assert command("outlets", "test", "crm")[0] == 1
    assert "已停发" in command("outlets", "list")[1]
    assert command("outlets", "start", "crm")[0] == 0
    assert "已停发" not in command("outlets", "list")[1]
    code, printed = command("outlets", "test", "pigeon")
    assert (code, "pigeon" in printed, "wecom" in printed) == (3, True, True)


def test_over_the_service(database: Database, url: str, outlets: Path, sink: Sink) -> None:
    app = create_app(Settings(database_url=url, outlets=outlets), now=lambda: NOW)
    with TestClient(app) as client:
        names = [item["name"] for item in client.get("/v1/outlets").json()["items"]]
        assert names == ["wecom", "dingtalk", "feishu", "crm"]
        post: dict[str, Any] = {"json": {"to": ["crm"]}}
        first = client.post("/v1/digests/2026-W47/send", **post).json()
        assert first == {"week": "2026-W47", "owed": {"crm": 1}}
        again = client.post("/v1/digests/2026-W47/send", **post).json()
        assert again["owed"] == {"crm": 0}
        assert client.post("/v1/digests/latest/send", json={"to": ["x"]}).status_code == 404
        assert client.post("/v1/outlets/crm/test").json() == {"outlet": "crm", "owed": 1}
        test, digest = client.get("/v1/outbox").json()["items"]
        assert (test["kind"], digest["kind"], digest["state"]) == ("test", "digest", "pending")
        done = client.post(f"/v1/outbox/{test['id']}/cancel").json()
        assert done["state"] == "cancelled"
        assert client.post(f"/v1/outbox/{test['id']}/retry").status_code == 409
        assert client.post("/v1/outbox/999999/cancel").status_code == 404
        shown = client.get("/v1/outbox", params={"state": "pending"}).json()["items"]
        assert [item["id"] for item in shown] == [digest["id"]]
    assert sink.received == []


def test_the_worker_sends_the_digest_of_the_week_by_itself(
    database: Database, url: str, outlets: Path, sink: Sink
) -> None:
    settings = Settings(database_url=url, outlets=outlets, digest_to="wecom, crm")
    place = Workplace(database, settings, load_config(), now=lambda: NOW.replace(hour=2))
    worker = Worker(place)
    worker.plan()
    while worker.do_one():
        pass
    worker.plan()
    while worker.do_one():
        pass
    assert {got.path for got in sink.received} == {"/hook/wecom", "/hook/crm"}
    assert {state for _, state in states(database)} == {"sent"}
    with database.read() as session:
        assert "deliver" not in [wanted.kind for wanted in plans.due(session, place)]
