"""Both pullers against a local server: paging, repeats, faults, and pulling again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from feedback_nlp.cli.app import build_app
from feedback_nlp.config import load_config
from feedback_nlp.errors import ConfigError
from feedback_nlp.jobs.outlets import load_pulls, pull_client
from feedback_nlp.jobs.pull import PullReport, pull
from feedback_nlp.pulls.config import read_pulls
from feedback_nlp.pulls.fetching import PullFailed
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback
from feedback_nlp.worker import handlers
from feedback_nlp.worker.plans import pulls_due
from feedback_nlp.worker.workplace import Later, Workplace
from tests.outlets.local_server import Reply, Sink, local_server

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
FILE = """
[pulls.store]
connector = "app-store"
source = "商店"
app = "123"
url = "{url}"
[pulls.page]
connector = "tucao"
source = "反馈页"
app = "456"
key = "env:KEY"
url = "{url}"
every_hours = 1
"""
NAMES = ("store", "page")


def review(number: int, text: str = "更新以后一直闪退", **fields: Any) -> dict[str, Any]:
    values = {
        "id": str(number),
        "im:rating": "2",
        "im:version": "5.3.0",
        "title": "闪退",
        "content": text,
        "updated": "2026-11-20T10:00:00-07:00",
        **fields,
    }
    labels = {name: {"label": value} for name, value in values.items() if value is not None}
    return {**labels, "author": {"name": {"label": f"某人{number}"}}}


def post(number: int, text: str = "导出失败", **fields: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "nick_name": f"某人{number}",
        "content": text,
        "is_admin": False,
        "created_at": "2026-11-20 10:00:00",
        **fields,
    }


def page(name: str, entries: Any, following: str = "") -> Reply:
    if name == "store":
        value: Any = {"feed": {} if entries is None else {"entry": entries}}
    else:
        value = {"data": entries or [], "pagination": {"next_page_url": following}}
    return Reply(body=json.dumps(value, ensure_ascii=False).encode())


class Place:
    def __init__(self, database: Database, sink: Sink, folder: Path) -> None:
        self.database, self.sink = database, sink
        path = folder / "inlets.toml"
        path.write_text(FILE.format(url=f"http://127.0.0.1:{sink.port}"), encoding="utf-8")
        url = database.url.render_as_string(hide_password=False)
        self.settings = Settings(
            database_url=url, secret="不是秘密", inlets=path, outgoing_allow=sink.allowed
        )
        self.work = Workplace(database, self.settings, load_config(), now=lambda: NOW)

    def pull(self, name: str, *replies: Reply) -> PullReport:
        self.sink.replies[:] = replies
        return pull(
            self.database,
            load_pulls(self.settings, {"KEY": "k"})[name],
            pull_client(self.settings),
            zone=self.settings.zone,
            now=lambda: NOW,
            secret="不是秘密",
        )

    def texts(self) -> list[str]:
        with self.database.read() as session:
            return sorted(session.exec(select(Feedback.text)))


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Iterator[Place]:
    with local_server() as sink:
        yield Place(database, sink, tmp_path)


def entry(name: str, number: int, *text: str) -> dict[str, Any]:
    return review(number, *text) if name == "store" else post(number, *text)


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_followed_and_pulling_again_changes_nothing(place: Place, name: str) -> None:
    more = "/api/v1/456/posts?max_id=2"
    pages = (
        page(name, [entry(name, 1), entry(name, 2)], more),
        page(name, [entry(name, 2), entry(name, 3)], more),  # the list moved on meanwhile
        page(name, [entry(name, 2), entry(name, 3)], more),  # and repeats itself
    )
    first = place.pull(name, *pages)
    assert (first.pages, first.entries, first.outcomes, first.stopped) == (2, 3, {"stored": 3}, "")
    assert place.pull(name, *pages).outcomes == {"duplicate": 3}
    assert len(place.texts()) == 3


@pytest.mark.parametrize("name", NAMES)
def test_an_edited_entry_replaces_the_old_one(place: Place, name: str) -> None:
    place.pull(name, page(name, [entry(name, 1)]), page(name, None))
    again = place.pull(name, page(name, [entry(name, 1, "修好了，谢谢")]), page(name, None))
    assert again.outcomes == {"updated": 1}
    assert place.texts() == ["修好了，谢谢"]


@pytest.mark.parametrize(
    ("reply", "why", "after"),
    [
        (Reply(429, headers={"Retry-After": "77"}), "HTTP 429", 77.0),
        (Reply(503), "HTTP 503", None),
        (Reply(404), "HTTP 404", None),
        (Reply(302, headers={"Location": "/x"}), "HTTP 302", None),
        (Reply(body=b"<html>"), "不是 JSON", None),
        (Reply(body=b"[]"), "回答里没有", None),
        (Reply(cut=True), "没有拿到回答", None),
        (Reply(half=True), "没有拿到回答", None),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_that_fails_keeps_what_came_before_it(
    place: Place, name: str, reply: Reply, why: str, after: float | None
) -> None:
    found = place.pull(name, page(name, [entry(name, 1)], "/next"), reply)
    assert why in found.stopped
    assert (found.again_after, found.outcomes) == (after, {"stored": 1})
    assert "没有拉完" in found.words


@pytest.mark.parametrize("entries", [None, [], review(1), [review(1)]])
def test_the_feed_may_hold_nothing_one_or_a_list(place: Place, entries: Any) -> None:
    found = place.pull("store", page("store", entries), page("store", None))
    assert found.entries == len(place.texts()) == (1 if entries else 0)


def test_reviews_may_lack_a_day_or_stars_or_words(place: Place) -> None:
    entries = [
        {"id": {"label": "app"}, "im:name": {"label": "小岛日历"}},
        review(1, updated=None),
        {**review(2), "im:rating": {"label": "很多"}},
        review(3, "", content=None),
        "不是评论",
    ]
    found = place.pull("store", page("store", entries), page("store", None))
    assert found.outcomes == {"ignored": 1, "stored": 2, "malformed": 2}
    with place.database.read() as session:
        rows = session.exec(select(Feedback).order_by(Feedback.source_key)).all()
    assert [row.rating for row in rows] == [2.0, None]
    assert rows[0].app_version == "5.3.0"
    assert rows[0].author_key
    assert "某人" not in rows[0].author_key


def test_requests_of_tucao_are_signed_page_by_page_and_admins_left_out(place: Place) -> None:
    found = place.pull(
        "page", page("page", [post(1), post(2, is_admin=True)], "?max_id=2"), page("page", [])
    )
    assert found.outcomes == {"stored": 1, "ignored": 1}
    first, second = place.sink.received
    assert first.path == "/api/v1/456/posts?count=100&from=20261109&to=20261123"
    assert second.path == "/api/v1/456/posts?max_id=2"
    stamp = str(int(NOW.timestamp()))
    for got in (first, second):
        assert got.headers["timestamp"] == stamp
        expected = hashlib.md5(f"{stamp}k".encode(), usedforsecurity=False).hexdigest()
        assert got.headers["signature"] == expected


def test_a_next_page_at_another_host_is_not_followed(place: Place) -> None:
    found = place.pull("page", page("page", [post(1)], "http://169.254.169.254/latest"))
    assert "别的主机" in found.stopped
    assert len(place.sink.received) == 1


def test_the_worker_pulls_once_in_its_hours_and_waits_when_asked(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "k")
    due = {one.slot for one in pulls_due(place.work, NOW)}
    later = {one.slot for one in pulls_due(place.work, NOW.replace(hour=2))}
    assert len(due) == 2
    assert len(due & later) == 1  # every hour, every six
    place.sink.replies[:] = [page("store", [review(1)]), page("store", None)]

    def beat(*_: Any) -> None: ...

    done = handlers.pull(place.work, {"name": "store"}, beat)  # type: ignore[arg-type]
    assert done["outcomes"] == {"stored": 1}
    place.sink.replies[:] = [Reply(429, headers={"Retry-After": "120"})]
    with pytest.raises(Later) as asked:
        handlers.pull(place.work, {"name": "store"}, beat)  # type: ignore[arg-type]
    assert asked.value.delay.total_seconds() == 120
    place.sink.replies[:] = [Reply(500)]
    with pytest.raises(PullFailed):
        handlers.pull(place.work, {"name": "store"}, beat)  # type: ignore[arg-type]
    assert "skipped" in handlers.pull(place.work, {"name": "gone"}, beat)  # type: ignore[arg-type]


def test_the_command_pulls_and_says_what_became_of_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "k")
    for name in ("database_url", "inlets", "outgoing_allow"):
        monkeypatch.setenv(f"FEEDBACK_{name.upper()}", str(getattr(place.settings, name)))
    place.sink.replies[:] = [page("store", [review(1)]), page("store", None), Reply(503)]
    ran = CliRunner().invoke(build_app("pull"), ["pull", "store"], env={"COLUMNS": "200"})
    assert ran.exit_code == 0, ran.output
    assert "拉到 1 页 1 条，已收下 1 条" in ran.output
    ran = CliRunner().invoke(build_app("pull"), ["pull", "page"], env={"COLUMNS": "200"})
    assert ran.exit_code == 1
    assert "没有拉完：对方答复 HTTP 503" in ran.output
    ran = CliRunner().invoke(build_app("pull"), ["pull", "--list"], env={"COLUMNS": "200"})
    assert "兔小巢 → 来源“反馈页”　每 1 小时" in ran.output


@pytest.mark.parametrize(
    "line",
    [
        'connector = "play"',
        'app = "1/../2"',
        'country = "CN"',
        "every_hours = 0",
        "days = 3",
        'source = ""',
    ],
)
def test_mistakes_in_the_file_are_named(line: str) -> None:
    values = {"connector": '"app-store"', "source": '"商店"', "app": '"1"'}
    key, _, value = line.partition(" = ")
    values[key] = value
    text = "[pulls.x]\n" + "\n".join(f"{name} = {value}" for name, value in values.items())
    with pytest.raises(ConfigError, match="拉取 x"):
        read_pulls(text, environment={})
