"""Everyone who asked is told once, through the outlet that answers their source."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from feedback_nlp.config import load_config
from feedback_nlp.errors import Conflict, InputError
from feedback_nlp.jobs.deliver import Deliverer
from feedback_nlp.jobs.delivering import CAUSES, tell_causes
from feedback_nlp.jobs.notices import (
    NoticesSent,
    cancel_notice,
    preview_notices,
    retry_notice,
    send_notices,
)
from feedback_nlp.labels import ReporterStatus, RequestStatus
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.config import Outlets, read_outlets
from feedback_nlp.outlets.records import WEBHOOK_PAUSES
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.requests.notice_list import notice_rows, refuse_notices
from feedback_nlp.requests.notice_words import set_route, set_template
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database, outbox
from feedback_nlp.store.erasing import erase_person
from feedback_nlp.store.tables import FeatureRequest, Notice
from tests.outlets.local_server import Reply, Sink, local_server
from tests.week.six_weeks import NOW, PLAN, ZONE, six_weeks

TITLE = "上传照片闪退"
PEOPLE = sum(PLAN[TITLE])
SOURCES = ("反馈页", "商店")
_FILE = """
[outlets.reply]
channel = "webhook"
url = "{url}"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
[outlets.team]
channel = "wecom"
url = "{url}"
"""


class Place:
    """A deployment whose one source is answered by a local server, at a time that is moved."""

    def __init__(self, database: Database, sink: Sink) -> None:
        self.database, self.sink, self.now = database, sink, NOW
        self.outlets: Outlets = read_outlets(
            _FILE.format(url=sink.url),
            allow_local=sink.allowed,
            environment={},
            client=Client(total_seconds=2),
        )
        with database.write() as session:
            sync_requests(session, load_config().rank, zone=ZONE, now=NOW)
            requests = session.scalars(select(FeatureRequest)).all()
            self.key = next(one.key for one in requests if one.title == TITLE)
            for source in SOURCES:
                set_route(session, source, "reply")

    def move(self, *steps: str) -> None:
        for to in steps:
            self.now += timedelta(minutes=1)
            with self.database.write() as session:
                apply_transition(
                    session, self.key, RequestStatus(to), actor="小王", reason="定了", now=self.now
                )

    def send(self) -> NoticesSent:
        with self.database.write() as session:
            return send_notices(session, self.key, self.outlets, zone=ZONE, now=self.now)

    def deliver(self) -> dict[str, int]:
        return dict(
            Deliverer(
                self.database,
                self.outlets.senders,
                now=lambda: self.now,
                causes=CAUSES,
                jitter=lambda: 0.0,
            ).run()
        )

    def states(self) -> Counter[str]:
        with self.database.read() as session:
            return Counter(
                f"{one.reporter_status} {one.status}" for one in session.scalars(select(Notice))
            )

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(one.body) for one in self.sink.received]


@pytest.fixture
def place(database: Database) -> Iterator[Place]:
    url = database.url.render_as_string(hide_password=False)
    with six_weeks(url), local_server() as sink:
        yield Place(database, sink)


def of_source(session: Session, source: str = "反馈页") -> list[Notice]:
    return [row.notice for row in notice_rows(session, limit=100) if row.source == source]


def refuse(session: Session, notice: Notice) -> bool:
    key = str(notice.feedback_id)
    return refuse_notices(session, source="反馈页", source_key=key, actor="x", now=NOW)


def test_everyone_who_asked_is_told_once(place: Place) -> None:
    place.move("planned")
    assert place.send() == NoticesSent(PEOPLE, {})
    assert place.send() == NoticesSent(0, {})  # a double click
    assert place.deliver() == {"sent": PEOPLE}
    assert place.send() == NoticesSent(0, {})
    assert place.deliver() == {}
    said = place.said()
    keys = [one["data"]["feedback"]["source_key"] for one in said]
    assert len(keys) == len(set(keys)) == PEOPLE
    assert said[0]["type"] == "notice.planned"
    assert TITLE in said[0]["data"]["text"]
    assert {one["data"]["feedback"]["source"] for one in said} == set(SOURCES)
    assert place.states() == {"planned sent": PEOPLE}


def test_clicks_side_by_side_owe_each_person_once(place: Place) -> None:
    place.move("planned")
    queued: list[int] = []
    threads = [threading.Thread(target=lambda: queued.append(place.send().queued)) for _ in "1234"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(queued) == [0, 0, 0, PEOPLE]
    assert place.deliver() == {"sent": PEOPLE}
    assert len(place.sink.received) == PEOPLE


@pytest.mark.parametrize("when", ["before it is queued", "while it is queued"])
def test_planned_then_released_is_one_message(place: Place, when: str) -> None:
    place.move("planned")
    if when == "while it is queued":
        assert place.send().queued == PEOPLE
    place.move("released")
    assert place.states() == {"planned superseded": PEOPLE, "shipped pending": PEOPLE}
    assert place.send().queued == PEOPLE
    assert place.deliver() == {"sent": PEOPLE}
    assert {one["type"] for one in place.said()} == {"notice.shipped"}
    assert len(place.sink.received) == PEOPLE


def test_a_status_that_was_withdrawn_is_told_once_it_comes_again(place: Place) -> None:
    place.move("planned")
    place.send()
    place.move("triaged")
    assert place.states() == {"planned superseded": PEOPLE}
    assert place.send() == NoticesSent(0, {})
    assert place.deliver() == {}
    place.move("planned")
    assert place.send().queued == PEOPLE
    assert place.deliver() == {"sent": PEOPLE}


def test_preview_says_who_cannot_be_reached_and_why(place: Place) -> None:
    place.move("planned")
    with place.database.write() as session:
        notice = of_source(session)[0]
        key = notice.person_key
        assert refuse(session, notice)
        assert not refuse(session, notice)
    with place.database.read() as session:
        seen = preview_notices(session, place.key, place.outlets, zone=ZONE)
    assert (seen.reachable, seen.unreachable) == (PEOPLE - 1, {"对方已退订": 1})
    assert TITLE in seen.sample
    assert place.states() == {"planned pending": PEOPLE}  # nothing was written
    assert place.send() == NoticesSent(PEOPLE - 1, {"对方已退订": 1})
    place.deliver()
    assert place.states() == {"planned sent": PEOPLE - 1, "planned unreachable": 1}
    assert key not in "".join(one.body.decode() for one in place.sink.received)


@pytest.mark.parametrize(
    ("outlet", "why"),
    [
        (None, "来源“商店”没有配置回复用的出口"),
        ("gone", "没有配置名为 gone 的出口"),
        ("team", "出口 team 是企业微信机器人，不能回复到个人"),
    ],
)
def test_whoever_cannot_be_reached_is_asked_about_again(
    place: Place, outlet: str | None, why: str
) -> None:
    place.move("planned")
    with place.database.write() as session:
        of_shop = len(of_source(session, "商店"))
        set_route(session, "商店", outlet)
    assert place.send() == NoticesSent(PEOPLE - of_shop, {why: of_shop})
    assert place.states() == {"planned queued": PEOPLE - of_shop, "planned unreachable": of_shop}
    with place.database.write() as session:
        set_route(session, "商店", "reply")
    assert place.send() == NoticesSent(of_shop, {})


def test_who_refuses_or_is_erased_meanwhile_is_not_written_to(place: Place) -> None:
    place.move("planned")
    place.send()
    with place.database.write() as session:
        one, other = of_source(session)[:2]
        refuse(session, one)
        erase_person(session, other.person_key, now=NOW)
    assert place.deliver() == {"sent": PEOPLE - 2, "cancelled": 1}, "the erased one waits no more"
    assert place.states() == {"planned sent": PEOPLE - 2, "planned unreachable": 1}
    assert len(place.sink.received) == PEOPLE - 2


def test_a_failure_is_given_up_visibly_and_may_be_retried(place: Place) -> None:
    place.move("planned")
    place.send()
    place.sink.replies = [Reply(500)]
    assert place.deliver() == {"pending": 1, "sent": PEOPLE - 1}
    assert place.states() == {"planned queued": 1, "planned sent": PEOPLE - 1}
    place.sink.otherwise = Reply(500)
    for _ in WEBHOOK_PAUSES:
        place.now += timedelta(hours=25)
        place.deliver()
    place.sink.otherwise = Reply(200)
    assert place.states() == {"planned failed": 1, "planned sent": PEOPLE - 1}
    with place.database.write() as session:
        failed = session.scalars(select(Notice).where(Notice.status == "failed")).one()
        assert failed.reason
        retry_notice(session, failed.id or 0, now=place.now)
    with place.database.write() as session, pytest.raises(Conflict):
        retry_notice(session, failed.id or 0, now=place.now)
    assert place.deliver() == {"sent": 1}
    assert place.states() == {"planned sent": PEOPLE}


def test_a_cancelled_notice_never_leaves(place: Place) -> None:
    place.move("planned")
    place.send()
    with place.database.write() as session:
        one, other = session.scalars(select(Notice).order_by(col(Notice.id)).limit(2))
        cancel_notice(session, one.id or 0, reason="打过电话了", now=place.now)
        row = outbox.with_key(session, other.outbox_key or "")
        assert row is not None
        tell_causes(session, [outbox.cancel(session, row.id or 0, now=place.now)])
    assert place.deliver() == {"sent": PEOPLE - 2}
    assert place.states() == {"planned sent": PEOPLE - 2, "planned cancelled": 2}
    assert place.send() == NoticesSent(0, {})
    with place.database.write() as session, pytest.raises(Conflict):
        sent = session.scalars(select(Notice).where(Notice.status == "sent")).first()
        assert sent is not None
        cancel_notice(session, sent.id or 0, reason="", now=place.now)


def test_the_outbox_holds_no_link_to_a_person(place: Place) -> None:
    place.move("planned")
    place.send()
    with place.database.read() as session:
        for row in outbox.rows_in(session, limit=100):
            assert "feedback" not in row.payload["data"]
            assert "author-" not in row.key + row.title + json.dumps(row.payload)


def test_texts_are_the_deployments_own(place: Place) -> None:
    place.move("planned")
    with place.database.write() as session:
        set_template(session, ReporterStatus.PLANNED, "{product}：{title}，{{排期}}中")
    with place.database.read() as session:
        seen = preview_notices(session, place.key, place.outlets, zone=ZONE)
    assert seen.sample == f"云笔记：{TITLE}，{{排期}}中"
    with place.database.write() as session:
        set_template(session, ReporterStatus.PLANNED, None)
    with place.database.read() as session:
        seen = preview_notices(session, place.key, place.outlets, zone=ZONE)
    assert seen.sample.startswith("您好")


@pytest.mark.parametrize(
    "text", ["", "x" * 501, "{reason}", "{title.__class__}", "{title!r}", "{title:>9}", "{", "{}"]
)
def test_templates_know_three_words(place: Place, text: str) -> None:
    with place.database.write() as session, pytest.raises(InputError):
        set_template(session, ReporterStatus.PLANNED, text)


def test_a_list_shows_what_is_owed_and_not_to_whom(place: Place) -> None:
    place.move("planned")
    with place.database.read() as session:
        rows = notice_rows(session, request=place.key.lower(), limit=3)
        ids = [row.notice.id or 0 for row in rows]
        assert ids == sorted(ids, reverse=True)
        older = notice_rows(session, before_id=ids[-1], limit=100)
        assert len(older) == PEOPLE - 3
        assert rows[0].title == TITLE
        assert notice_rows(session, request="REQ-999") == []


OTHER = "希望有夜间模式"


def merge(place: Place, into: str) -> None:
    place.now += timedelta(minutes=1)
    with place.database.write() as session:
        apply_transition(
            session,
            place.key,
            RequestStatus.DUPLICATE,
            actor="小王",
            duplicate_of=into,
            now=place.now,
        )


def other_key(place: Place) -> str:
    with place.database.read() as session:
        found = select(FeatureRequest.key).where(FeatureRequest.title == OTHER)
        return str(session.scalars(found).one())


def told(place: Place) -> Counter[tuple[str, str]]:
    """How often each post was answered with each status."""
    return Counter((one["data"]["feedback"]["source_key"], one["type"]) for one in place.said())


@pytest.mark.parametrize("when", ["unsent", "queued", "sent"])
def test_people_of_a_merged_request_are_told_once(place: Place, when: str) -> None:
    mine, theirs = place.key, other_key(place)
    place.move("planned")
    if when != "unsent":
        place.send()
    if when == "sent":
        place.deliver()
    place.key = theirs
    place.move("planned")
    place.send()
    place.key = mine
    merge(place, theirs)
    assert place.send() == NoticesSent(0, {})  # nothing is owed by the merged one any more
    place.key = theirs
    place.send()
    place.deliver()
    people = told(place)
    assert set(people.values()) == {1}
    everybody = len(people)
    place.move("released")
    place.send()
    place.deliver()
    people = told(place)
    assert set(people.values()) == {1}
    assert len(people) == 2 * everybody
