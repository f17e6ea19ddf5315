from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedback_nlp.cli.app import main
from feedback_nlp.store import Database, outbox
from tests.outlets.local_server import Reply, local_server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    def run(*arguments: str) -> tuple[int, str]:
        url = database.url.render_as_string(hide_password=False)
        monkeypatch.setattr(sys, "argv", ["feedback-nlp", *arguments, "--db", url])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out + printed.err

    return run


def owe(database: Database, key: str, outlet: str = "crm") -> None:
    with database.write() as session:
        outbox.put(
            session,
            key=key,
            kind="test",
            channel="webhook",
            outlet=outlet,
            payload={"type": "test", "data": {}},
            title="试发",
            repeatable=True,
            now=datetime(2026, 11, 16, tzinfo=UTC),
        )


def test_an_empty_outbox_says_so(command: Command) -> None:
    assert command("outbox", "list") == (0, "发件箱是空的。\n")
    assert command("outbox", "send") == (0, "现在没有到期的消息。\n")


def test_sending_retrying_and_cancelling(
    command: Command, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with local_server() as sink:
        path = tmp_path / "outlets.toml"
        path.write_text(
            f'[outlets.crm]\nchannel = "webhook"\nurl = "{sink.url}"\nsecrets = ["{SECRET}"]\n'
        )
        monkeypatch.setenv("FEEDBACK_OUTLETS", str(path))
        monkeypatch.setenv("FEEDBACK_OUTGOING_ALLOW", sink.allowed)
        owe(database, "a")
        owe(database, "b", outlet="gone")
        code, printed = command("outbox", "send")
        assert (code, printed) == (1, "已发 1 条，发送失败 1 条\n")
        code, printed = command("outbox", "list", "--state", "failed")
        assert "没有配置名为 gone 的出口" in printed
        assert "试发" in printed
        assert command("outbox", "retry", "2")[0] == 0
        assert command("outbox", "cancel", "2") == (0, "消息 2 已取消。\n")
        code, printed = command("outbox", "list", "--json")
        assert [row["state"] for row in json.loads(printed)] == ["cancelled", "sent"]
        sink.replies = [Reply(500)]
        owe(database, "c")
        assert command("outbox", "send") == (0, "稍后再试 1 条\n")


def test_mistakes_are_told(command: Command) -> None:
    code, printed = command("outbox", "retry", "7")
    assert (code, "没有编号为 7 的消息" in printed) == (3, True)
    code, printed = command("outbox", "list", "--state", "lost")
    assert (code, "lost" in printed) == (2, True)
