"""People's edits of topics, as the command line makes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import typer
from sqlmodel import col, select
from typer.testing import CliRunner, Result

from feedback_nlp.cli import topics
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.store.tables import FeedbackUnit
from tests.week.six_weeks import PLAN, six_weeks

CRASH, WISH = "上传照片闪退", "希望有夜间模式"
app = typer.Typer()
topics.register(app)
app.command("other")(lambda: None)


class Desk(NamedTuple):
    """The commands on a database, and the ids in it."""

    run: Callable[..., str]
    fail: Callable[..., Result]
    ids: dict[str, int]
    units: list[int]

    def listed(self, *arguments: str) -> dict[int, dict[str, Any]]:
        rows = json.loads(self.run("list", *arguments, "--json"))
        return {row["id"]: row for row in rows}

    def shown(self, topic_id: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("show", str(topic_id), "--json"))
        return found


@pytest.fixture
def desk(new_database_url: Callable[[], str]) -> Iterator[Desk]:
    url = new_database_url()
    with six_weeks(url) as (database, build), database.read() as session:
        units = session.exec(
            select(FeedbackUnit.id)
            .where(col(FeedbackUnit.topic_id) == build.topics[CRASH])
            .order_by(col(FeedbackUnit.id))
        ).all()

        def invoke(*arguments: str, catch: bool = False) -> Result:
            return CliRunner().invoke(
                app,
                ["topics", *arguments, "--db", url],
                catch_exceptions=catch,
                env={"COLUMNS": "200"},
            )

        yield Desk(
            lambda *arguments: invoke(*arguments).output,
            lambda *arguments: invoke(*arguments, catch=True),
            build.topics,
            [unit or 0 for unit in units],
        )


def test_the_list_names_every_topic_with_its_people(desk: Desk) -> None:
    rows = desk.listed()
    assert {row["name"] for row in rows.values()} >= set(PLAN)
    assert rows[desk.ids[CRASH]]["people_count"] == sum(PLAN[CRASH])
    text = desk.run("list")
    assert all(name in text for name in PLAN)


def test_a_name_given_by_a_person_is_kept_with_who_gave_it(desk: Desk) -> None:
    number = str(desk.ids[CRASH])
    assert "现在叫「传图就崩」" in desk.run("rename", number, "传图就崩", "--actor", "小王")
    text = desk.run("show", number)
    assert "传图就崩" in text
    assert "小王" in text
    assert desk.shown(desk.ids[CRASH])["topic"]["named_by"] == "person"
    assert "已撤销" in desk.run("undo", number, "--actor", "小王")
    assert desk.listed()[desk.ids[CRASH]]["name"] == CRASH


def test_merging_leaves_one_topic_with_the_people_of_both(desk: Desk) -> None:
    crash, wish = desk.ids[CRASH], desk.ids[WISH]
    assert f"已并入 {crash}" in desk.run("merge", str(wish), "--into", str(crash))
    rows = desk.listed()
    assert wish not in rows
    assert rows[crash]["unit_count"] == sum(PLAN[CRASH]) + sum(PLAN[WISH])
    assert desk.listed("--all")[wish]["state"] == "merged"


def test_units_are_split_off_and_moved_back(desk: Desk) -> None:
    crash = desk.ids[CRASH]
    some = ",".join(map(str, desk.units[:3]))
    text = desk.run("split", str(crash), "--units", some, "--name", "选图退出")
    child = next(number for number, row in desk.listed().items() if row["name"] == "选图退出")
    assert f"已从主题 {crash} 拆出主题 {child}" in text
    assert desk.listed()[child]["unit_count"] == 3
    # the comma of a Chinese keyboard is one too
    moved = desk.run("move", some.replace(",", "，"), "--to", str(crash))
    assert moved.startswith("3 个观点已移到主题")
    assert desk.listed("--all")[crash]["unit_count"] == sum(PLAN[CRASH])


@pytest.mark.parametrize(
    ("on", "off", "field"), [("pin", "unpin", "pinned"), ("mute", "unmute", "muted")]
)
def test_flags_go_on_and_off(desk: Desk, on: str, off: str, field: str) -> None:
    wish = desk.ids[WISH]
    desk.run(on, str(wish))
    assert desk.listed("--all")[wish][field] is True
    assert ("置顶" if on == "pin" else "静音") in desk.run("list", "--all")
    desk.run(off, str(wish))
    assert desk.listed("--all")[wish][field] is False


def test_a_topic_goes_under_another_and_back(desk: Desk) -> None:
    crash, wish = desk.ids[CRASH], desk.ids[WISH]
    assert f"已归到 {crash}" in desk.run("nest", str(wish), "--under", str(crash))
    assert desk.listed()[wish]["parent_id"] == crash
    assert "顶层" in desk.run("nest", str(wish))
    assert desk.listed()[wish]["parent_id"] is None


def test_mistakes_are_one_clear_line_and_change_nothing(desk: Desk) -> None:
    before = desk.run("list", "--json")
    assert isinstance(desk.fail("rename", "99999", "甲").exception, NotFound)
    assert isinstance(desk.fail("rename", str(desk.ids[CRASH]), " ").exception, InputError)
    wrong = desk.fail("move", "一,二", "--to", str(desk.ids[CRASH]))
    assert wrong.exit_code == 2
    assert "不是用逗号隔开的编号" in wrong.output
    assert desk.run("list", "--json") == before


def test_an_empty_database_says_what_to_do(new_database_url: Callable[[], str]) -> None:
    result = CliRunner().invoke(app, ["topics", "list", "--db", new_database_url()])
    assert "feedback-nlp analyze" in result.output
