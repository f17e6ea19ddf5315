"""Every outlet against a server that behaves badly: delivered once, or given up visibly.

Each case goes through the outbox to its end. A server that took a message and died before it
said so is the one thing that nobody can tell from one that did not: there the message is repeated
under its key where the receiver knows keys, and shown as unsure where not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from feedback_nlp.jobs.deliver import Deliverer, put_message
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.mail import MailSender
from feedback_nlp.outlets.records import Block, Message
from feedback_nlp.outlets.webhook import WebhookSender
from feedback_nlp.store import Database
from feedback_nlp.store.outbox_tables import OutboxRow
from tests.outlets.conftest import Clock
from tests.outlets.local_server import Reply, Sink
from tests.outlets.mail_server import Mailbox, mail_server
from tests.outlets.test_deliver import SECRET, rows
from tests.outlets.test_robots import ALL, OK, robot

ROBOTS = {dialect.channel.value: dialect for dialect in ALL}
_BUSY = {
    "wecom": b'{"errcode":45009}',
    "dingtalk": b'{"errcode":130101}',
    "feishu": b'{"code":11232}',
}
_WRONG = {
    "wecom": b'{"errcode":93000}',
    "dingtalk": b'{"errcode":310000}',
    "feishu": b'{"code":19021}',
}
HTTP_FAULTS = {
    "429": (Reply(429, b"", {"Retry-After": "7"}), "sent"),
    "500": (Reply(500, b""), "sent"),
    "503": (Reply(503, b""), "sent"),
    "cut": (Reply(cut=True), "unknown"),
    "slow": (Reply(drip=True), "unknown"),
    "half": (Reply(half=True), "unknown"),
    "moved": (Reply(302, b"", {"Location": "https://example.test/"}), "failed"),
}
MAIL_FAULTS: dict[str, tuple[dict[str, str], str]] = {
    "greeting cut": ({"EHLO": "cut"}, "sent"),
    "busy": ({"MAIL": "451 later"}, "sent"),
    "greylisted": ({"RCPT": "450 later"}, "sent"),
    "full": ({"DATA": "452 full"}, "sent"),
    "unknown recipient": ({"RCPT": "550 nobody"}, "failed"),
    "spam": ({"DATA": "554 spam"}, "failed"),
    "slow": ({"MAIL": "slow"}, "sent"),
    "cut after the letter": ({"SENT": "cut"}, "unknown"),
}


class Case:
    """One message through the outbox, until nothing is left to do."""

    def __init__(self, database: Database, sender: Any, clock: Clock) -> None:
        self.database, self.sender, self.clock = database, sender, clock

    def owe(self) -> None:
        message = Message("周报", [Block("text", "退款变多了")], data={"week": "2026-W47"})
        with self.database.write() as session:
            for _ in range(2):  # the same cause twice is one message
                put_message(
                    session, self.sender, "out", message, key="k", kind="test", now=self.clock()
                )

    def run(self) -> OutboxRow:
        deliverer = Deliverer(
            self.database, {"out": self.sender}, now=self.clock, jitter=lambda: 0.0
        )
        for _ in range(60):
            deliverer.run()
            (row,) = rows(self.database)
            if row.state != "pending":
                return row
            self.clock.forward(7_200)
        raise AssertionError("neither delivered nor given up")


def http_senders(sink: Sink) -> dict[str, Any]:
    client = Client(allow_local={sink.allowed}, total_seconds=0.4)
    hook = WebhookSender(client, sink.url, (SECRET,))
    robots = {
        name: robot(dialect, sink, "demo", total_seconds=0.4) for name, dialect in ROBOTS.items()
    }
    return {"webhook": hook, **robots}


@pytest.mark.parametrize("fault", HTTP_FAULTS)
@pytest.mark.parametrize("name", ["webhook", *ROBOTS])
def test_one_bad_answer(
    name: str, fault: str, database: Database, sink: Sink, clock: Clock
) -> None:
    reply, ends = HTTP_FAULTS[fault]
    sink.replies, sink.otherwise = [reply], Reply(body=OK.get(name, b"{}"))
    case = Case(database, http_senders(sink)[name], clock)
    case.owe()
    row = case.run()
    if name == "webhook" and ends == "unknown":  # its receiver knows the second as the first
        ends = "sent"
        assert len({got.headers["webhook-id"] for got in sink.received}) == 1
    assert row.state == ends
    assert len(sink.received) == (2 if ends == "sent" else 1)
    assert ends == "sent" or row.last_error, "why is said"
    assert row.payload == {} or ends != "sent"


@pytest.mark.parametrize("name", _BUSY)
def test_an_error_inside_200(name: str, database: Database, sink: Sink, clock: Clock) -> None:
    sink.replies, sink.otherwise = [Reply(body=_BUSY[name])], Reply(body=OK[name])
    case = Case(database, http_senders(sink)[name], clock)
    case.owe()
    assert case.run().state == "sent"
    assert len(sink.received) == 2, "the first 200 was none"


@pytest.mark.parametrize("name", _WRONG)
def test_a_refusal_inside_200(name: str, database: Database, sink: Sink, clock: Clock) -> None:
    sink.otherwise = Reply(body=_WRONG[name])
    case = Case(database, http_senders(sink)[name], clock)
    case.owe()
    row = case.run()
    assert (row.state, len(sink.received)) == ("failed", 1)
    code = next(iter(json.loads(_WRONG[name]).values()))
    assert str(code) in row.last_error


@pytest.mark.parametrize("name", ROBOTS)
def test_a_200_that_does_not_say_so_is_shown_as_unsure(
    name: str, database: Database, sink: Sink, clock: Clock
) -> None:
    """Such as the page by which a proxy asks for a password: nobody knows what arrived."""
    sink.otherwise = Reply(body=b"<html>login</html>")
    case = Case(database, http_senders(sink)[name], clock)
    case.owe()
    row = case.run()
    assert (row.state, len(sink.received)) == ("unknown", 1)
    assert row.last_error


@pytest.mark.parametrize("name", ["webhook", *ROBOTS])
def test_a_receiver_that_never_recovers_is_given_up(
    name: str, database: Database, sink: Sink, clock: Clock
) -> None:
    sink.otherwise = Reply(500, b"")
    sender = http_senders(sink)[name]
    case = Case(database, sender, clock)
    case.owe()
    row = case.run()
    attempts = len(sender.pauses) + 1
    assert (row.state, row.attempts, len(sink.received)) == ("failed", attempts, attempts)
    assert f"{attempts} 次" in row.last_error


@contextmanager
def mail() -> Iterator[tuple[Mailbox, MailSender]]:
    with mail_server() as box:
        yield box, MailSender(
            "127.0.0.1", box.port, "none", "反馈 <a@example.com>", ("b@example.com",),
            timeout_seconds=0.4,
        )  # fmt: skip


@pytest.mark.parametrize("fault", MAIL_FAULTS)
def test_one_bad_answer_of_a_mail_server(fault: str, database: Database, clock: Clock) -> None:
    faults, ends = MAIL_FAULTS[fault]
    with mail() as (box, sender):
        box.faults = faults
        case = Case(database, sender, clock)
        case.owe()
        Deliverer(database, {"out": sender}, now=clock, jitter=lambda: 0.0).run()
        box.faults = {}
        row = case.run()
        assert row.state == ends
        assert len(box.raw) == (0 if ends == "failed" else 1)
        assert ends == "sent" or row.last_error


def test_a_mail_server_that_never_recovers_is_given_up(database: Database, clock: Clock) -> None:
    with mail() as (box, sender):
        box.faults = {"MAIL": "451 later"}
        case = Case(database, sender, clock)
        case.owe()
        row = case.run()
        assert (row.state, row.attempts, box.raw) == ("failed", len(sender.pauses) + 1, [])
