"""An edit of topics counts at once, in every place people look; undo restores all of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from sqlmodel import col, func, select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from feedback_api import create_app
from feedback_nlp.cli import export, requests, topics
from feedback_nlp.config import load_config
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest, FeedbackUnit, StatusEvent
from tests.week.six_weeks import NOW, PLAN, ZONE, six_weeks

CRASH, WISH, SLOW = "上传照片闪退", "希望有夜间模式", "同步很慢"
RANK = load_config().rank
app = typer.Typer()
for command in (topics, requests, export):
    command.register(app)


class Seen(NamedTuple):
    """What one place shows: people or units by name, open matters only."""

    cli: dict[str, tuple[int, float]]
    api: dict[str, tuple[int, float]]
    digest: dict[str, tuple[int, str | None]]
    export: dict[str, int]
    topics: dict[str, int]


class Office(NamedTuple):
    """Every place people look at, on one database."""

    url: str
    database: Database
    client: TestClient
    ids: dict[str, int]
    folder: Path

    def run(self, *arguments: str) -> str:
        result = CliRunner().invoke(
            app, [*arguments, "--db", self.url], catch_exceptions=False, env={"COLUMNS": "200"}
        )
        assert result.exit_code == 0, result.output
        return result.output

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def edit(self, edge: str, topic: str, action: str, **body: Any) -> None:
        """Edit a topic by the command line or by the API."""
        number = self.ids[topic]
        if edge == "api":
            sent = {"action": action, "actor": "林晓", **body}
            if action == "move":
                number = sent.pop("to")
            assert self.client.post(f"/v1/topics/{number}/edits", json=sent).status_code == 200
            return
        units = ",".join(map(str, body.get("units", ())))
        arguments = {
            "rename": [str(number), body.get("name", "")],
            "merge": [str(number), "--into", str(body.get("into"))],
            "move": [units, "--to", str(body.get("to"))],
            "split": [str(number), "--units", units, "--name", body.get("name", "")],
            "undo": [str(number)],
        }[action]
        self.run("topics", action, *arguments, "--actor", "林晓")

    def units(self, topic: str, limit: int = 100) -> list[int]:
        with self.database.read() as session:
            return [
                unit_id or 0
                for unit_id in session.exec(
                    select(FeedbackUnit.id)
                    .where(col(FeedbackUnit.topic_id) == self.ids[topic])
                    .order_by(col(FeedbackUnit.id))
                    .limit(limit)
                )
            ]

    def look(self) -> Seen:
        listed = [
            row
            for row in json.loads(self.run("requests", "--json"))
            if row["status"] != "duplicate"
        ]
        served = {}
        for row in self.get("/v1/requests")["items"]:
            if row["status"] != "duplicate":
                people = self.get(f"/v1/requests/{row['key']}")["people_count"]
                served[row["title"]] = (people, row["priority"])
        file = self.folder / "requests.csv"
        self.run("export", "requests", "-o", str(file))
        with file.open(encoding="utf-8-sig", newline="") as lines:
            exported = {
                row["title"]: int(row["evidence_count"])
                for row in csv.DictReader(lines)
                if row["status"] != "duplicate"
            }
        return Seen(
            {row["title"]: (row["people_count"], row["priority"]) for row in listed},
            served,
            {
                str(topic["name"]): (
                    int(topic["people_total"]["value"]),
                    topic["request"]["key"] if topic["request"] else None,
                )
                for topic in self.get("/v1/digests/latest")["topics"]
            },
            exported,
            {
                row["name"]: row["people_count"]
                for row in json.loads(self.run("topics", "list", "--json"))
            },
        )


@pytest.fixture
def office(new_database_url: Callable[[], str], tmp_path: Path) -> Iterator[Office]:
    url = new_database_url()
    with six_weeks(url) as (database, build):
        with database.write() as session:
            sync_requests(session, RANK, zone=ZONE, now=NOW)
        settings = Settings(database_url=url, secret="测试用的密钥")
        with TestClient(create_app(settings, now=lambda: NOW)) as client:
            yield Office(url, database, client, build.topics, tmp_path)


BOTH = pytest.mark.parametrize("edge", ["cli", "api"])


@BOTH
def test_a_new_name_is_everywhere_at_once_and_so_is_the_old_one_after_undo(
    office: Office, edge: str
) -> None:
    before = office.look()
    office.edit(edge, CRASH, "rename", name="传图就崩")
    after = office.look()
    pairs: list[tuple[Any, Any]] = list(zip(after, before, strict=True))
    for place, was in pairs:
        assert CRASH not in place
        assert place["传图就崩"] == was[CRASH]
    office.edit(edge, CRASH, "undo")
    assert office.look() == before


@BOTH
def test_a_merge_makes_one_request_with_the_people_of_both(office: Office, edge: str) -> None:
    before = office.look()
    office.edit(edge, SLOW, "merge", into=office.ids[CRASH])
    after = office.look()
    together = sum(PLAN[CRASH]) + sum(PLAN[SLOW])
    places: list[Any] = list(after)
    assert all(SLOW not in place for place in places)
    assert after.cli[CRASH] == after.api[CRASH]
    assert after.cli[CRASH][0] == after.topics[CRASH] == together
    assert after.digest[CRASH][0] == together
    assert after.export[CRASH] == together
    assert after.cli[CRASH][1] > before.cli[CRASH][1]
    office.edit(edge, SLOW, "undo")
    assert office.look() == before


@BOTH
def test_moved_units_are_counted_where_they_are_now(office: Office, edge: str) -> None:
    before = office.look()
    units = office.units(SLOW, 10)
    office.edit(edge, CRASH, "move", units=units, to=office.ids[CRASH])
    after = office.look()
    for place in (after.cli, after.api, after.digest):
        assert place[CRASH][0] == sum(PLAN[CRASH]) + 10
        assert place[SLOW][0] == sum(PLAN[SLOW]) - 10
    assert after.export[CRASH] == sum(PLAN[CRASH]) + 10
    office.edit(edge, CRASH, "undo")
    assert office.look() == before


@BOTH
def test_what_is_split_off_has_a_request_of_its_own_until_it_is_undone(
    office: Office, edge: str
) -> None:
    before = office.look()
    units = office.units(CRASH, 9)
    office.edit(edge, CRASH, "split", units=units, name="选图就退")
    after = office.look()
    for place in (after.cli, after.api, after.digest):
        assert place["选图就退"][0] == 9
        assert place[CRASH][0] == sum(PLAN[CRASH]) - 9
    assert (after.export["选图就退"], after.topics["选图就退"]) == (9, 9)
    office.edit(edge, CRASH, "undo")
    assert office.look() == before


def test_the_number_of_a_withdrawn_request_is_not_given_again(office: Office) -> None:
    office.edit("cli", CRASH, "split", units=office.units(CRASH, 9), name="选图就退")
    office.edit("cli", CRASH, "undo")
    office.edit("cli", CRASH, "split", units=office.units(CRASH, 9), name="选图退出")
    keys = [row["key"] for row in json.loads(office.run("requests", "--json"))]
    assert sorted(keys) == ["REQ-1", "REQ-2", "REQ-3", "REQ-4", "REQ-6"]


def test_undo_leaves_a_request_that_somebody_moved_on(office: Office) -> None:
    office.edit("api", SLOW, "merge", into=office.ids[CRASH])
    key = next(
        row["key"]
        for row in json.loads(office.run("requests", "--json"))
        if row["status"] == "duplicate"
    )
    why = ["--to", "reopened", "--reason", "不是一回事", "--actor", "小王"]
    office.run("request", key, *why)
    office.edit("api", SLOW, "undo")
    shown = json.loads(office.run("request", key, "--json"))
    assert shown["status"] == "reopened"
    assert shown["people_count"] == sum(PLAN[SLOW])


def test_undo_of_a_merge_is_told_in_the_history_of_the_request(office: Office) -> None:
    office.edit("api", SLOW, "merge", into=office.ids[CRASH])
    office.edit("api", SLOW, "undo")
    with office.database.read() as session:
        steps = session.exec(
            select(StatusEvent.to_status, StatusEvent.actor, StatusEvent.reason)
            .join(FeatureRequest, col(FeatureRequest.id) == col(StatusEvent.request_id))
            .where(FeatureRequest.title == SLOW)
            .order_by(col(StatusEvent.id))
        ).all()
    assert [step[0] for step in steps] == ["new", "duplicate", "new"]
    assert steps[-1][1:] == ("林晓", "撤销对主题的改动")


def test_an_edit_that_fails_changes_nothing(office: Office) -> None:
    before = office.look()
    answer = office.client.post(
        f"/v1/topics/{office.ids[CRASH]}/edits",
        json={"action": "merge", "actor": "林晓", "into": 99_999},
    )
    assert answer.status_code == 404
    assert office.look() == before
    with office.database.read() as session:
        assert session.exec(select(func.count(col(FeatureRequest.id)))).one() == len(PLAN)
