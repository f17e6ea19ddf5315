"""The same question gets the same number from the CLI, the API, the digest and the exports."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.cli.app import main
from feedback_nlp.config import load_config
from feedback_nlp.report.html import render_html
from feedback_nlp.report.markdown import render_markdown
from feedback_nlp.report.wording import REVIEW_ORDER
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.settings import Settings
from feedback_nlp.week.figures import weekly
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, WEEK, ZONE, six_weeks

pytestmark = pytest.mark.filterwarnings("ignore:Sparkline Group extension:UserWarning")
CONFIG = load_config()


@dataclass(frozen=True)
class Asked:
    """One store, and everybody who can be asked about it."""

    url: str
    client: TestClient
    digest: WeeklyDigest

    def api(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def asked(new_database_url: Callable[[], str]) -> Iterator[Asked]:
    url = new_database_url()
    with six_weeks(url) as (database, build):
        with database.write() as session:
            build.session = session
            build.say("同步广告", topic="同步很慢", is_spam=True)
            build.say("又慢又卡", topic="同步很慢", author="同步很慢-0-1", weeks_ago=0)
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
        with database.read() as session:
            digest = weekly(
                session, Scope(WEEK, ZONE), rank_config=CONFIG.rank, report_config=CONFIG.report
            )
        app = create_app(Settings(database_url=url, secret="测试用的密钥"), now=lambda: NOW)
        with TestClient(app) as client:
            yield Asked(url, client, digest)


@pytest.fixture
def cli(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Run a command with --json and return what it printed."""

    def run(*arguments: str) -> Any:
        line = ["feedback-nlp", *arguments, "--db", asked.url, "--json"]
        monkeypatch.setattr(sys, "argv", line)
        capsys.readouterr()  # what the service logged
        with pytest.raises(SystemExit) as stop:
            main()
        assert not stop.value.code
        text = capsys.readouterr().out
        return json.loads(text) if text.strip() else None

    return run


def exported(cli: Callable[..., Any], what: str, folder: Path) -> list[dict[str, Any]]:
    path = folder / f"{what}.jsonl"
    cli("export", what, "-o", str(path))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_topics_over_all_time(asked: Asked, cli: Callable[..., Any], tmp_path: Path) -> None:
    def sizes(rows: list[dict[str, Any]]) -> dict[int, tuple[int, int]]:
        return {row["id"]: (row["people_count"], row["unit_count"]) for row in rows}

    by_cli = sizes(cli("topics", "list", "--all"))
    by_api = sizes(asked.api("/v1/topics", kind="all", limit=100)["items"])
    by_export = sizes(exported(cli, "topics", tmp_path))
    assert by_cli == by_api == by_export
    assert len(by_cli) == 6
    for topic in (*asked.digest.topics, *asked.digest.silent):
        assert topic.people_total.value == by_cli[topic.topic_id][0], topic.name
        one = asked.api(f"/v1/topics/{topic.topic_id}")
        assert (one["people_count"], one["unit_count"]) == by_cli[topic.topic_id]
    wish = next(topic for topic in asked.digest.topics if topic.name == "希望有夜间模式")
    assert by_cli[wish.topic_id][0] == 34, "the forty pasted posts count nowhere"


def test_topics_of_the_week(asked: Asked) -> None:
    rows = asked.api("/v1/topics", week=str(WEEK), limit=100)["items"]
    by_api = {row["id"]: (row["people_count"], row["feedback_count"]) for row in rows}
    by_digest = {
        topic.topic_id: (topic.people.value, topic.feedback.value) for topic in asked.digest.topics
    }
    assert by_api == by_digest
    slow = next(topic for topic in asked.digest.topics if topic.name == "同步很慢")
    assert by_digest[slow.topic_id] == (2, 3)


def test_requests(asked: Asked, cli: Callable[..., Any], tmp_path: Path) -> None:
    by_cli = {row["key"]: row["people_count"] for row in cli("requests")}
    by_export = {row["key"]: row for row in exported(cli, "requests", tmp_path)}
    assert {key: row["people_count"] for key, row in by_export.items()} == by_cli
    assert {item.key: item.people_total.value for item in asked.digest.backlog} == by_cli
    for key, people in by_cli.items():
        one, shown = asked.api(f"/v1/requests/{key}"), cli("request", key)
        evidence = by_export[key]["evidence_count"]
        assert one["people_count"] == shown["people_count"] == people
        assert one["evidence_count"] == shown["evidence_count"] == evidence


def test_a_request_and_its_topic_have_the_same_week(asked: Asked) -> None:
    for request in asked.digest.backlog:
        topic = asked.digest.topic(request.topic_id)
        assert topic is not None
        assert (request.people.value, request.people_last.value) == (
            topic.people.value,
            topic.people_last.value,
        )
        assert request.movement is topic.movement


def test_the_digest_is_the_same_by_command_and_by_service(
    asked: Asked, cli: Callable[..., Any]
) -> None:
    assert cli("top", "--week", str(WEEK)) == asked.api(f"/v1/digests/{WEEK}")


def test_pages_show_the_numbers_of_the_records(asked: Asked) -> None:
    digest = asked.digest
    page, message = render_html(digest), render_markdown(digest)
    for topic in digest.moved(*REVIEW_ORDER):
        this, last = topic.people.value, topic.people_last.value
        assert f"{last} → <b>{this}</b> 人（累计 {topic.people_total.value}）" in page
        assert f"{topic.name}（{last}→{this} 人）" in message
    for request in digest.backlog:
        this, last = request.people.value, request.people_last.value
        total = request.people_total.value
        assert f"<b>{this}</b> 人（上周 {last}，累计 {total}）" in page
        assert f"{this} 人（上周 {last}）" in message


def test_the_workbook_shows_the_numbers_of_the_records(asked: Asked) -> None:
    answer = asked.client.get(f"/v1/digests/{WEEK}", params={"format": "xlsx"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))

    def table(name: str) -> list[dict[Any, Any]]:
        heading, *rows = book[name].iter_rows(values_only=True)
        return [dict(zip(heading, row, strict=True)) for row in rows]

    digest = asked.digest
    assert {row["编号"]: row["人数"] for row in table("需求清单")} == {
        item.key: item.people_total.value for item in digest.backlog
    }
    assert [(row["编号"], row["本周人数"], row["累计"]) for row in table("待办优先级")] == [
        (item.key, item.people.value, item.people_total.value) for item in digest.backlog
    ]
    assert [(row["主题"], row["本周人数"], row["上周人数"]) for row in table("主题排行")] == [
        (topic.name, topic.people.value, topic.people_last.value)
        for topic in (*digest.topics, *digest.silent)
    ]
    assert [row["累计人数"] for row in table("主题数据")] == [
        topic.people_total.value for topic in (*digest.topics, *digest.silent)
    ]
