"""``keys``, ``audit`` and what ``serve`` asks of callers, by command."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Callable

import pytest
from fastapi import FastAPI

import feedback_api.server
from feedback_nlp.cli.app import main
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Topic

Call = Callable[..., tuple[object, str, str]]


@pytest.fixture
def url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str) -> Call:
    """Run a command on the database; return its exit code, output and errors."""

    def run(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["feedback-nlp", *arguments, "--db", url])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return stop.value.code, printed.out, printed.err

    return run


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[FastAPI]:
    """What ``serve`` would have run; nothing listens."""
    apps: list[FastAPI] = []

    def run(app: FastAPI, listener: socket.socket, announce: Callable[[], None]) -> None:
        listener.close()
        apps.append(app)
        announce()

    monkeypatch.setattr(feedback_api.server, "run", run)
    monkeypatch.setattr(feedback_api.server, "configure_logging", lambda: None)
    return apps


def test_a_key_is_made_shown_once_and_listed(call: Call) -> None:
    code, out, err = call("keys", "create", "客服系统", "--scopes", "read,ingest", "--days", "30")
    assert code == 0, err
    token = out.strip()
    assert re.fullmatch(r"fnlp_\w{8}_[\w-]{43}", token)
    assert "只显示这一次" in err
    _, out, _ = call("keys", "list")
    assert "客服系统" in out
    assert "可用" in out
    assert token not in out
    _, out, _ = call("keys", "list", "--json")
    (row,) = json.loads(out)
    assert (row["scopes"], row["state"]) == (["read", "ingest"], "可用")
    assert "key_hash" not in row


def test_keys_are_rotated_and_revoked(call: Call) -> None:
    _, before, _ = call("keys", "create", "看板")
    code, after, _ = call("keys", "rotate", "看板", "--grace-hours", "24")
    assert code == 0
    assert before.strip() != after.strip()
    _, out, _ = call("keys", "list", "--json")
    assert [row["state"] for row in json.loads(out)] == ["将停用", "可用"]
    _, out, _ = call("keys", "revoke", "看板")
    assert out.count("已吊销") == 2
    code, _, err = call("keys", "revoke", "看板")
    assert code == 3
    assert "keys list" in err


@pytest.mark.parametrize(
    ("arguments", "code"), [(["a", "--scopes", "root"], 2), (["a", "--source", "官网"], 2)]
)
def test_unusable_keys_are_refused(call: Call, arguments: list[str], code: int) -> None:
    assert call("keys", "create", *arguments)[0] == code


def test_a_name_that_is_taken_says_what_to_do(call: Call) -> None:
    call("keys", "create", "看板")
    code, _, err = call("keys", "create", "看板")
    assert code == 4
    assert "keys rotate 看板" in err


def test_edits_at_the_terminal_leave_audit_lines(call: Call, database: Database) -> None:
    assert "没有操作记录" in call("audit", "list")[1]
    with database.write() as session:
        session.add(Topic(name="闪退"))
    assert call("topics", "rename", "1", "一点就闪退", "--actor", "林晓")[0] == 0
    assert call("lexicon", "add", "闪退王", "--actor", "林晓")[0] == 0
    _, out, _ = call("audit", "list", "--json")
    word, renamed = json.loads(out)
    assert (word["action"], renamed["action"]) == ("word.add", "topic.renamed")
    assert renamed["via"] == "cli"
    assert renamed["detail"]["by"] == "林晓"
    _, out, _ = call("audit", "list", "--subject", "topic:1")
    assert "topic.renamed" in out
    assert "word.add" not in out


def test_on_this_machine_no_key_is_needed(call: Call, served: list[FastAPI]) -> None:
    code, _, err = call("serve", "--port", "0")
    assert code in (0, None), err
    assert "没有登录和密钥" in err
    assert not served[0].state.services.settings.require_keys


@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--keys"]])
def test_beyond_it_the_first_start_shows_one_key(
    call: Call, served: list[FastAPI], arguments: list[str], database: Database
) -> None:
    _, _, err = call("serve", "--port", "0", *arguments)
    assert len(re.findall(r"fnlp_\w{8}_[\w-]{43}", err)) == 1
    _, _, err = call("serve", "--port", "0", *arguments)
    assert "fnlp_" not in err
    assert all(app.state.services.settings.require_keys for app in served)
    assert isinstance(database, Database)


def test_with_a_key_the_service_asks_for_it(call: Call, served: list[FastAPI]) -> None:
    call("keys", "create", "看板")
    call("serve", "--port", "0")
    call("serve", "--port", "0", "--no-keys")
    assert [app.state.services.settings.require_keys for app in served] == [True, False]


def test_beyond_this_machine_keys_cannot_be_turned_off(call: Call, served: list[FastAPI]) -> None:
    code, _, err = call("serve", "--host", "0.0.0.0", "--no-keys")
    assert (code, served) == (2, [])
    assert "拒绝监听" in err
