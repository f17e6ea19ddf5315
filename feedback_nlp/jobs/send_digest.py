"""Sends the weekly or monthly digest: computed, kept and owed in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlmodel import Session

from feedback_nlp.config import PipelineConfig
from feedback_nlp.jobs.deliver import put_message
from feedback_nlp.jobs.digest import keep_digest, render_digest
from feedback_nlp.outlets.config import Outlets
from feedback_nlp.outlets.records import Attachment, Block, Channel, Message
from feedback_nlp.pipeline import tell_week
from feedback_nlp.report.brief import brief
from feedback_nlp.store import Database, outbox
from feedback_nlp.week.records import WeeklyDigest

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class DigestSending:
    """What became of the wish to send a digest.

    Attributes:
        week: Which week or month.
        owed: New rows of the outbox by outlet; 0 where it was owed or sent before.
    """

    week: str
    owed: dict[str, int]


def digest_message(
    session: Session, digest: WeeklyDigest, *, zone: ZoneInfo, with_files: bool
) -> Message:
    """Return the message that tells a digest.

    Args:
        session: A reading session.
        digest: What to tell.
        zone: Of times.
        with_files: With page and workbook, which only e-mail needs.
    """
    if not with_files:
        return brief(digest)
    html = render_digest(session, ".html", digest, zone=zone).decode()
    book = render_digest(session, ".xlsx", digest, zone=zone)
    files = [Attachment(f"用户反馈-{digest.week}.xlsx", _XLSX, book)]
    return brief(digest, html=html, attachments=files)


def send_digest(
    database: Database,
    config: PipelineConfig,
    outlets: Outlets,
    names: Sequence[str],
    *,
    zone: ZoneInfo,
    now: datetime,
    week: str | None = None,
    product: str | None = None,
    again: bool = False,
) -> DigestSending:
    """Owe a digest to outlets; a digest that an outlet was owed before is not owed twice.

    Args:
        database: Open, with its schema at head.
        config: How a week is told.
        outlets: The configured ones.
        names: Which of them.
        zone: Of weeks and times.
        now: The clock.
        week: A week or month; ``None`` for the last full one.
        product: Only this product.
        again: Owe it although it was owed before.

    Raises:
        NotFound: If an outlet is not configured, or there is nothing to tell.
    """
    senders = {name: outlets.sender(name) for name in names}
    with_files = any(sender.channel is Channel.EMAIL for sender in senders.values())
    with database.read() as session:
        digest = tell_week(session, config, zone=zone, now=now, week=week, product=product)
        message = digest_message(session, digest, zone=zone, with_files=with_files)
    with database.write() as session:
        keep_digest(session, digest, now)
        owed = {}
        for name, sender in senders.items():
            key = _key(session, digest.week, product, name, again=again)
            owed[name] = put_message(
                session, sender, name, message, key=key, kind="digest", now=now
            )
    return DigestSending(digest.week, owed)


def _key(session: Session, week: str, product: str | None, outlet: str, *, again: bool) -> str:
    of_product = sha256(product.encode()).hexdigest()[:12] if product else "all"
    key = f"digest:{week}:{of_product}:{outlet}"
    if not again:
        return key
    times = outbox.count_keys(session, key)
    return f"{key}:again{times}" if times else key


def owe_test(database: Database, outlets: Outlets, name: str, *, now: datetime) -> None:
    """Owe a test message to an outlet.

    Raises:
        NotFound: If it is not configured.
    """
    sender = outlets.sender(name)
    message = Message(
        "feedback-nlp 测试消息",
        blocks=[Block("text", "收到这条，说明这个出口可用。")],
        event_type="test",
        data={"outlet": name},
    )
    with database.write() as session:
        key = f"test:{name}:{now.timestamp():.6f}"
        put_message(session, sender, name, message, key=key, kind="test", now=now)
