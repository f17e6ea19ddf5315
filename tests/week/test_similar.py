"""像是同一件事: what the digest, the command and the service say, and what people decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
import typer
from starlette.testclient import TestClient
from typer.testing import CliRunner

from feedback_api import create_app
from feedback_nlp.cli import report, topics
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, likeness
from feedback_nlp.store.likeness import FoundPair, SimilarPair
from feedback_nlp.store.tables import Topic
from feedback_nlp.week.similar import merge_groups, why_similar
from tests.week.six_weeks import NOW, six_weeks

CRASH, WISH, SLOW = "上传照片闪退", "希望有夜间模式", "同步很慢"
EVIDENCE = {
    "place": 0.71,
    "words": 0.5,
    "next_share": 0.62,
    "seeds": 0.67,
    "shared_people": 3,
    "shared_phrases": ["照片", "同步"],
    "seed_issue": "数据不同步",
    "thing": "照片",
}
WHY = "名字都说“照片”；都说到“照片”、“同步”；62% 的观点次近的就是对方；都最像“数据不同步”；3 人两边都提过；中心相近 0.71"
app = typer.Typer()
for command in (topics, report):
    command.register(app)


class Office(NamedTuple):
    url: str
    database: Database
    client: TestClient
    ids: dict[str, int]

    def run(self, *arguments: str) -> str:
        result = CliRunner().invoke(
            app, [*arguments, "--db", self.url], catch_exceptions=False, env={"COLUMNS": "200"}
        )
        assert result.exit_code == 0, result.output
        return result.output

    def served(self, **query: Any) -> dict[str, Any]:
        answer = self.client.get("/v1/topics/similar", params=query)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def pairs(self, **query: Any) -> list[tuple[int, int]]:
        return [(row["into"]["id"], row["topic"]["id"]) for row in self.served(**query)["items"]]


@pytest.fixture
def office(new_database_url: Callable[[], str]) -> Iterator[Office]:
    """A fit proposed that the crash and the slow sync are one, and less surely the wish."""
    url = new_database_url()
    with six_weeks(url) as (database, build):
        ids = build.topics
        with database.write() as session:
            likeness.replace_found(
                session,
                [
                    FoundPair(ids[CRASH], ids[SLOW], 0.64, EVIDENCE),
                    FoundPair(ids[SLOW], ids[WISH], 0.5, {}),
                ],
                run_id=build.run_id,
                now=NOW,
            )
        settings = Settings(database_url=url, secret="测试用的密钥")
        with TestClient(create_app(settings, now=lambda: NOW)) as client:
            yield Office(url, database, client, ids)


def test_the_evidence_is_told_in_a_sentence() -> None:
    assert why_similar(EVIDENCE) == WHY
    assert why_similar({}) == ""


def test_command_service_and_digest_tell_of_the_same_pairs(office: Office) -> None:
    crash, slow, wish = (office.ids[name] for name in (CRASH, SLOW, WISH))
    assert office.pairs() == [(slow, crash), (slow, wish)]
    top = office.served()["items"][0]
    assert (top["why"], top["score"], top["shared_people"]) == (WHY, 0.64, 3)
    listed = json.loads(office.run("topics", "similar", "--json"))
    assert [(row["into_id"], row["topic_id"]) for row in listed] == office.pairs()
    digest = office.client.get("/v1/digests/2026-W47").json()
    assert [(row["into_id"], row["topic_id"]) for row in digest["similar"]] == office.pairs()
    assert digest["similar"][0]["why"] == WHY


def test_every_rendering_of_the_digest_shows_them(office: Office) -> None:
    line = f"“{CRASH}”（{office.ids[CRASH]}）和“{SLOW}”（{office.ids[SLOW]}），把握 64%"
    for kind in ("html", "md"):
        text = office.client.get("/v1/digests/2026-W47", params={"format": kind}).text
        assert "像是同一件事" in text
        assert line in text
    assert "像是同一件事" in office.run("top", "--week", "2026-W47")


def test_the_command_that_is_printed_merges_all_that_hang_together(office: Office) -> None:
    crash, slow, wish = (office.ids[name] for name in (CRASH, SLOW, WISH))
    printed = office.run("topics", "similar")
    others = " ".join(map(str, sorted((crash, wish))))
    assert f"feedback-nlp topics merge {others} --into {slow}" in printed
    assert office.served()["groups"] == [{"into": slow, "topics": sorted((crash, wish))}]
    office.run("topics", "merge", *others.split(), "--into", str(slow))
    assert office.pairs() == []
    assert "没有看起来是同一件事的主题" in office.run("topics", "similar")
    office.run("topics", "undo", str(crash))
    assert office.pairs() == [(slow, crash)]


@pytest.mark.parametrize("edge", ["cli", "api"])
def test_what_people_keep_apart_is_proposed_no_more_until_undone(office: Office, edge: str) -> None:
    crash, slow, wish = (office.ids[name] for name in (CRASH, SLOW, WISH))
    if edge == "cli":
        office.run("topics", "apart", str(crash), str(slow), "--actor", "林晓")
    else:
        body = {"action": "apart", "actor": "林晓", "other": slow}
        assert office.client.post(f"/v1/topics/{crash}/edits", json=body).status_code == 200
    assert office.pairs() == [(slow, wish)]
    assert office.pairs(refused="true") == [(slow, crash)]
    assert "林晓说不是同一件事" in office.run("topics", "similar", "--refused")
    again = office.client.post(
        f"/v1/topics/{slow}/edits", json={"action": "apart", "actor": "小陈", "other": crash}
    )
    assert again.status_code == 409
    assert f"不是同一件事：与主题 {slow}" in office.run("topics", "show", str(crash))
    office.run("topics", "undo", str(crash))
    assert office.pairs() == [(slow, crash), (slow, wish)]


def test_a_topic_is_not_kept_apart_from_itself(office: Office) -> None:
    crash = office.ids[CRASH]
    body = {"action": "apart", "actor": "林晓", "other": crash}
    assert office.client.post(f"/v1/topics/{crash}/edits", json=body).status_code == 409


def test_a_group_never_joins_what_people_kept_apart(office: Office) -> None:
    crash, slow, wish = (office.ids[name] for name in (CRASH, SLOW, WISH))
    office.run("topics", "apart", str(crash), str(wish))
    with office.database.read() as session:
        pairs = likeness.similar_topics(session)
        refused = likeness.similar_topics(session, refused=True)
    assert merge_groups(pairs, refused) == [(slow, [crash])]
    assert merge_groups(pairs) == [(slow, sorted((crash, wish)))]


def test_a_chain_of_likenesses_ends_where_nothing_is_in_common() -> None:
    """Of A–B, B–C, C–D, D–E the first and the last have nothing to do with one another."""
    found = [Topic(id=number, name=str(number), kind="issue") for number in range(1, 6)]
    pairs = [
        SimilarPair(one, other, 10 - (one.id or 0), 10 - (other.id or 0), 0.9, {})
        for one, other in pairwise(found)
    ]
    assert merge_groups(pairs) == [(1, [2, 3]), (4, [5])]


def test_an_unknown_parameter_is_refused(office: Office) -> None:
    answer = office.client.get("/v1/topics/similar", params={"min_score": "0.5"})
    assert answer.status_code == 422
    assert "refused" in answer.text
