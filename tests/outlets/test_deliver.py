"""Rows of the outbox, sent to a local server that misbehaves: delivered once or given up visibly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session

from feedback_nlp.jobs.deliver import Deliverer, Withdrawn, put_message
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.records import Channel, Message, Outcome, OutcomeKind, Pace
from feedback_nlp.outlets.webhook import WebhookSender
from feedback_nlp.store import Database, outbox
from feedback_nlp.store.outbox_tables import OutboxRow
from tests.outlets.conftest import Clock
from tests.outlets.local_server import Reply, Sink

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Robot:
    """A sender that says what it is told to say, and speaks in parts of one word."""

    outcomes: list[Outcome] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    channel: Channel = Channel.WECOM
    pace: Pace | None = None
    pauses: Sequence[int] = (5, 30)
    repeatable: bool = False
    ordered: bool = True
    error: Exception | None = None

    def parts(self, message: Message, *, now: datetime) -> list[dict[str, Any]]:
        return [{"text": word} for word in message.title.split()]

    def send(self, part: Mapping[str, Any], *, key: str, now: float) -> Outcome:
        if self.error:
            raise self.error
        self.said.append(part["text"])
        return self.outcomes.pop(0) if self.outcomes else Outcome(OutcomeKind.SENT)


def hook(sink: Sink) -> WebhookSender:
    return WebhookSender(Client(allow_local={sink.allowed}, total_seconds=0.5), sink.url, (SECRET,))


def deliverer(database: Database, sender: Any, clock: Clock, **more: Any) -> Deliverer:
    return Deliverer(database, {"ops": sender}, now=clock, jitter=lambda: 0.5, **more)


def owe(database: Database, sender: Any, clock: Clock, title: str = "周报", key: str = "k") -> int:
    with database.write() as session:
        message = Message(title, data={"key": key})
        return put_message(session, sender, "ops", message, key=key, kind="test", now=clock())


def rows(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return outbox.rows_in(session)[::-1]


def test_what_is_due_is_sent_once(database: Database, sink: Sink, clock: Clock) -> None:
    out = hook(sink)
    assert owe(database, out, clock) == 1
    assert owe(database, out, clock) == 0
    assert deliverer(database, out, clock).run() == {"sent": 1}
    assert deliverer(database, out, clock).run() == {}
    (got,) = sink.received
    assert json.loads(got.body)["data"] == {"key": "k"}


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (Reply(429, headers={"Retry-After": "900"}), 900),
        (Reply(503, headers={"Retry-After": "1"}), 5.5),
        (Reply(500), 5.5),
        (Reply(cut=True), 5.5),
        (Reply(drip=True), 5.5),
        (Reply(half=True), 5.5),
    ],
)
def test_a_fault_is_tried_again_no_sooner_than_asked(
    database: Database, sink: Sink, clock: Clock, reply: Reply, wait: float
) -> None:
    sink.replies = [reply]
    out = hook(sink)
    owe(database, out, clock)
    run = deliverer(database, out, clock).run
    assert run() == {"pending": 1}
    clock.forward(wait - 0.1)
    assert run() == {}
    clock.forward(0.2)
    assert run() == {"sent": 1}
    ids = {got.headers["webhook-id"] for got in sink.received}
    bodies = {got.body for got in sink.received}
    assert len(sink.received) == 2
    assert len(ids) == len(bodies) == 1, "the receiver must know the second attempt as the same"


def test_a_dead_receiver_is_given_up_visibly(database: Database, sink: Sink, clock: Clock) -> None:
    sink.otherwise = Reply(500)
    out = hook(sink)
    owe(database, out, clock)
    started = clock()
    while rows(database)[0].state == "pending":
        deliverer(database, out, clock).run()
        clock.forward(900)
    (row,) = rows(database)
    assert (row.state, row.attempts, len(sink.received)) == ("failed", 10, 10)
    assert "10 次" in row.last_error
    assert 75 <= (clock() - started).total_seconds() / 3600 <= 92


def test_gone_stops_the_outlet(database: Database, sink: Sink, clock: Clock) -> None:
    sink.replies = [Reply(410)]
    out = hook(sink)
    for key in ("a", "b"):
        owe(database, out, clock, key=key)
    assert deliverer(database, out, clock).run() == {"failed": 1}
    assert [row.state for row in rows(database)] == ["failed", "failed"]
    assert len(sink.received) == 1


def test_parts_are_sent_in_order_and_never_again(database: Database, clock: Clock) -> None:
    robot = Robot(outcomes=[Outcome(OutcomeKind.SENT), Outcome(OutcomeKind.RETRY, "忙")])
    assert owe(database, robot, clock, "一 二 三") == 3
    run = deliverer(database, robot, clock).run
    assert run() == {"sent": 1, "pending": 1}
    clock.forward(10)
    assert run() == {"sent": 2}
    assert robot.said == ["一", "二", "二", "三"]


def test_an_uncertain_message_is_not_repeated_by_itself(database: Database, clock: Clock) -> None:
    robot = Robot(outcomes=[Outcome(OutcomeKind.UNKNOWN, "没有等到回答")])
    owe(database, robot, clock)
    run = deliverer(database, robot, clock).run
    assert run() == {"unknown": 1}
    clock.forward(10**6)
    assert run() == {}
    with database.write() as session:
        outbox.retry(session, rows(database)[0].id or 0, now=clock())
    assert run() == {"sent": 1}


def test_a_sender_that_breaks_does_not_stop_the_others(database: Database, clock: Clock) -> None:
    broken, good = Robot(error=KeyError("x")), Robot()
    with database.write() as session:
        for name, sender in (("broken", broken), ("good", good)):
            put_message(session, sender, name, Message("好"), key=name, kind="test", now=clock())
    run = Deliverer(database, {"broken": broken, "good": good}, now=clock).run
    assert run() == {"unknown": 1, "sent": 1}
    assert "KeyError" in rows(database)[0].last_error


def test_an_outlet_that_is_not_configured_any_more(database: Database, clock: Clock) -> None:
    owe(database, Robot(), clock)
    assert Deliverer(database, {}, now=clock).run() == {"failed": 1}
    assert "ops" in rows(database)[0].last_error


@dataclass
class Notices:
    """A cause that adds what the row does not say, and hears what became of it."""

    is_superseded: bool = False
    heard: list[str] = field(default_factory=list)

    def part(self, session: Session, row: OutboxRow) -> Mapping[str, Any]:
        if self.is_superseded:
            raise Withdrawn("已有更新的状态")
        return {"text": f"给某人：{row.payload['text']}"}

    def settled(self, session: Session, row: OutboxRow) -> None:
        self.heard.append(row.state)


def test_a_cause_supplies_the_rest_and_is_told(database: Database, clock: Clock) -> None:
    robot, cause = Robot(outcomes=[Outcome(OutcomeKind.RETRY, "忙")]), Notices()
    owe(database, robot, clock)
    run = deliverer(database, robot, clock, causes={"test": cause}).run
    run()
    clock.forward(10)
    run()
    assert robot.said == ["给某人：周报"] * 2
    assert cause.heard == ["pending", "sent"]


def test_a_cause_that_no_longer_holds_is_withdrawn(database: Database, clock: Clock) -> None:
    robot, cause = Robot(), Notices(is_superseded=True)
    owe(database, robot, clock)
    assert deliverer(database, robot, clock, causes={"test": cause}).run() == {"cancelled": 1}
    assert (robot.said, cause.heard) == ([], ["cancelled"])


def test_what_others_took_meanwhile_is_fenced(database: Database, clock: Clock) -> None:
    """The sender is so slow that its lease runs out and a person cancels or retries."""
    robot = Robot()

    class Slow(Robot):
        def send(self, part: Mapping[str, Any], *, key: str, now: float) -> Outcome:
            clock.forward(1_000)
            assert deliverer(database, robot, clock).run() == {}
            with database.write() as session:
                outbox.retry(session, rows(database)[0].id or 0, now=clock())
            return super().send(part, key=key, now=now)

    slow = Slow()
    owe(database, slow, clock)
    assert deliverer(database, slow, clock).run(limit=1) == {"fenced": 1}
    assert rows(database)[0].state == "pending"
