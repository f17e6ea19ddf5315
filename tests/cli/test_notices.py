"""``feedback-nlp notices …`` from preview to unsubscribe, at a local sink."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from feedback_nlp.cli.app import main
from feedback_nlp.config import load_config
from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest
from tests.outlets.local_server import Reply, Sink, local_server
from tests.week.six_weeks import NOW, PLAN, ZONE, six_weeks

TITLE = "上传照片闪退"
PEOPLE = sum(PLAN[TITLE])
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with local_server() as sink:
        path = tmp_path / "outlets.toml"
        path.write_text(
            f'[outlets.reply]\nchannel = "webhook"\nurl = "{sink.url}"\n'
            'secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]\n'
            f'[outlets.team]\nchannel = "wecom"\nurl = "{sink.url}"\n',
            encoding="utf-8",
        )
        monkeypatch.setenv("FEEDBACK_OUTLETS", str(path))
        monkeypatch.setenv("FEEDBACK_OUTGOING_ALLOW", sink.allowed)
        yield sink


@pytest.fixture
def command(
    database: Database,
    sink: Sink,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Command]:
    url = database.url.render_as_string(hide_password=False)

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["feedback-nlp", "notices", *arguments, "--db", url])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out + printed.err

    with six_weeks(url):
        yield run


@pytest.fixture
def key(database: Database, command: Command) -> str:
    with database.write() as session:
        sync_requests(session, load_config().rank, zone=ZONE, now=NOW)
        found = select(FeatureRequest.key).where(FeatureRequest.title == TITLE)
        key = str(session.scalars(found).one())
        apply_transition(session, key, RequestStatus.PLANNED, actor="小王", now=NOW)
    return key


def test_preview_route_send_and_send_again(command: Command, key: str, sink: Sink) -> None:
    code, said = command("preview", key)
    assert code == 0
    assert f"可触达 0 人，不可触达 {PEOPLE} 人" in said
    assert "来源“商店”没有配置回复用的出口" in said
    assert command("route", "反馈页", "nope")[0] != 0
    assert "反馈页 → reply" in command("route", "反馈页", "reply")[1]
    assert "商店 → reply" in command("route", "商店", "reply")[1]
    said = command("preview", key)[1]
    assert f"可触达 {PEOPLE} 人，不可触达 0 人" in said
    assert TITLE in said
    code, said = command("send", key)
    assert code == 0
    assert f"{PEOPLE} 人的通知进了发件箱" in said
    assert f"已发 {PEOPLE} 条" in said
    assert "0 人的通知进了发件箱" in command("send", key)[1]
    assert len(sink.received) == PEOPLE
    code, said = command("list", "--request", key, "--json")
    rows = json.loads(said)
    assert {row["status"] for row in rows} == {"sent"}
    assert "person_key" not in rows[0]
    assert command("cancel", str(rows[0]["id"]))[0] != 0
    assert command("retry", str(rows[0]["id"]))[0] != 0
    assert "没有这样的通知" in command("list", "--status", "failed")[1]


def test_a_refused_notice_is_given_up_visibly_and_sent_again(
    command: Command, key: str, sink: Sink
) -> None:
    command("route", "反馈页", "reply")
    command("route", "商店", "reply")
    sink.replies = [Reply(302)]
    code, said = command("send", key)
    assert code == 1
    assert "发送失败 1 条" in said
    (failed,) = json.loads(command("list", "--status", "failed", "--json")[1])
    assert "HTTP 302" in failed["reason"]
    assert "重新待发" in command("retry", str(failed["id"]))[1]
    assert "已发 1 条" in command("send", key)[1]


def test_templates_and_unsubscribing(command: Command, key: str) -> None:
    command("route", "反馈页", "reply")
    code, said = command("template", "planned", "{title}，{date}")
    assert code == 0
    assert "{title}，{date}" in said
    assert command("template", "planned", "{reason}")[0] != 0
    assert f"内容：{TITLE}，" in command("preview", key)[1]
    assert "您好" in command("template", "planned", "--default")[1]
    (row, *_) = json.loads(command("list", "--request", key, "--json")[1])
    of = ("--source", row["source"], "--key", str(row["feedback_id"]))
    assert "已退订" in command("unsubscribe", *of)[1]
    assert "以前已经退订过" in command("unsubscribe", *of)[1]
    assert "1 人：对方已退订" in command("preview", key)[1]
    assert "没有来源配置" in command("route", "反馈页", "--off")[1]
