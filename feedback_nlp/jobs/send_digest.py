"""Sends the weekly or monthly digest: computed, kept and owed in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.access import recording
from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import NotFound
from feedback_nlp.jobs.deliver import Withdrawn, put_message
from feedback_nlp.jobs.digest import keep_digest, render_digest
from feedback_nlp.outlets.config import Outlets
from feedback_nlp.outlets.records import Attachment, Block, Channel, Message, Sender
from feedback_nlp.pipeline import tell_week
from feedback_nlp.report.brief import brief
from feedback_nlp.store import Database, outbox
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.queries import product_names
from feedback_nlp.week.records import WeeklyDigest

_NOTHING_LEFT = "提到的人已删除，这一周没有可说的了"
_OTHER_PARTS = "提到的人已删除，重新生成后分段不同；可以重新发送周报"
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
        detail = {"product": product or "", **owed}
        recording.record(session, "digest.send", f"digest:{digest.week}", detail, now=now)
    return DigestSending(digest.week, owed)


def _key(session: Session, week: str, product: str | None, outlet: str, *, again: bool) -> str:
    of_product = _hashed(product) if product else "all"
    key = f"digest:{week}:{of_product}:{outlet}"
    if not again:
        return key
    times = outbox.count_keys(session, key)
    return f"{key}:again{times}" if times else key


def made_anew(
    session: Session, row: OutboxRow, sender: Sender, config: PipelineConfig, *, zone: ZoneInfo
) -> Mapping[str, Any]:
    """Return a part of a digest as it reads now: who is erased is in it no more.

    Raises:
        Withdrawn: If there is nothing to tell any more, or the parts would not fit together.
    """
    _, week, of_product, *_ = row.key.split(":")
    product = _named(session, of_product)
    try:
        digest = tell_week(
            session, config, zone=zone, now=row.created_at, week=week, product=product
        )
    except NotFound as error:
        raise Withdrawn(_NOTHING_LEFT) from error
    with_files = sender.channel is Channel.EMAIL
    parts = sender.parts(
        digest_message(session, digest, zone=zone, with_files=with_files), now=row.created_at
    )
    owed = select(func.count()).where(col(OutboxRow.series) == row.series)
    rows = (session.scalar(owed) or 1) if row.series else 1
    if row.position >= len(parts) or (sender.ordered and len(parts) > rows):
        raise Withdrawn(_OTHER_PARTS)
    return parts[row.position]


def _named(session: Session, of_product: str) -> str | None:
    """Return the product that a key means; ``None`` for all."""
    names = product_names(session)
    return next((name for name in names if name and _hashed(name) == of_product), None)


def _hashed(product: str) -> str:
    return sha256(product.encode()).hexdigest()[:12]


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
