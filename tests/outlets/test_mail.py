from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from feedback_nlp.outlets.mail import MailSender
from feedback_nlp.outlets.records import Attachment, Block, Message, OutcomeKind
from tests.outlets.mail_server import Mailbox, mail_server

NOW = datetime(2026, 11, 16, 1, 10, tzinfo=UTC)
MESSAGE = Message(
    "用户反馈周报 2026 年第 47 周",
    [Block("heading", "本周变化"), Block("item", "App 闪退", strong="上升")],
    html="<p>App 闪退</p>",
    attachments=[Attachment("周报.xlsx", "application/vnd.ms-excel", b"PK\x03\x04")],
)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def sender(box: Mailbox, *to: str, **more: Any) -> MailSender:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": box.port,
        "security": "none",
        "sender": "用户反馈 <feedback@example.com>",
        "to": to or ("ops@example.com",),
        "timeout_seconds": 5,
    }
    return MailSender(**{**values, **more})


def test_a_digest_arrives_with_page_and_workbook(box: Mailbox) -> None:
    out = sender(box)
    (part,) = out.parts(MESSAGE, now=NOW)
    assert "ops@example.com" not in str(part), "addresses are not stored"
    assert out.send(part, key="digest:1", now=0).kind is OutcomeKind.SENT
    (message,) = box.messages
    assert message["Subject"] == MESSAGE.title
    assert message["To"] == "ops@example.com"
    text = message.get_body(("plain",))
    page = message.get_body(("html",))
    assert text is not None
    assert page is not None
    assert "· 上升 App 闪退" in text.get_content()
    assert "<p>App 闪退</p>" in page.get_content()
    (book,) = message.iter_attachments()
    assert (book.get_filename(), book.get_content()) == ("周报.xlsx", b"PK\x03\x04")


def test_the_same_row_has_the_same_message_id(box: Mailbox) -> None:
    out = sender(box)
    (part,) = out.parts(MESSAGE, now=NOW)
    for key in ("a", "a", "b"):
        out.send(part, key=key, now=0)
    ids = [message["Message-ID"] for message in box.messages]
    assert ids[0] == ids[1] != ids[2]


def test_each_recipient_has_a_message_of_their_own(box: Mailbox) -> None:
    out = sender(box, "a@example.com", "b@example.com")
    box.faults = {"RCPT a@example.com": "550 no such user"}
    outcomes = [out.send(part, key="k", now=0).kind for part in out.parts(MESSAGE, now=NOW)]
    assert outcomes == [OutcomeKind.REFUSED, OutcomeKind.SENT]
    assert box.recipients == ["b@example.com"]


def test_a_cause_may_supply_the_recipient(box: Mailbox) -> None:
    out = sender(box)
    (part,) = out.parts(MESSAGE, now=NOW)
    more = {"to": "asker@example.org", "unsubscribe": "https://feedback.example.com/u/1"}
    assert out.send({**part, **more}, key="k", now=0).kind is OutcomeKind.SENT
    assert box.recipients == ["asker@example.org"]
    assert box.messages[0]["List-Unsubscribe"] == "<https://feedback.example.com/u/1>"


def test_a_recipient_that_changed_meanwhile_is_not_written_to(box: Mailbox) -> None:
    (part,) = sender(box).parts(MESSAGE, now=NOW)
    outcome = sender(box, "else@example.com").send(part, key="k", now=0)
    assert outcome.kind is OutcomeKind.REFUSED
    assert box.messages == []


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ({"EHLO": "cut"}, OutcomeKind.RETRY),
        ({"MAIL": "451 later"}, OutcomeKind.RETRY),
        ({"MAIL": "553 no"}, OutcomeKind.REFUSED),
        ({"MAIL": "cut"}, OutcomeKind.RETRY),
        ({"RCPT": "450 busy"}, OutcomeKind.RETRY),
        ({"RCPT": "550 unknown"}, OutcomeKind.REFUSED),
        ({"DATA": "452 full"}, OutcomeKind.RETRY),
        ({"DATA": "554 spam"}, OutcomeKind.REFUSED),
        ({"SENT": "cut"}, OutcomeKind.UNKNOWN),
    ],
)
def test_faults_are_judged(box: Mailbox, faults: dict[str, str], kind: OutcomeKind) -> None:
    box.faults = faults
    out = sender(box)
    (part,) = out.parts(MESSAGE, now=NOW)
    outcome = out.send(part, key="k", now=0)
    assert outcome.kind is kind
    assert "example" not in outcome.detail


def test_a_server_that_is_not_there_is_tried_again() -> None:
    out = MailSender("127.0.0.1", 1, "none", "a@example.com", ("b@example.com",))
    (part,) = out.parts(MESSAGE, now=NOW)
    assert out.send(part, key="k", now=0).kind is OutcomeKind.RETRY


def test_a_subject_cannot_add_headers(box: Mailbox) -> None:
    out = sender(box)
    (part,) = out.parts(Message("周报\r\nBcc: everyone@example.com"), now=NOW)
    assert out.send(part, key="k", now=0).kind is OutcomeKind.SENT
    assert box.messages[0]["Bcc"] is None
