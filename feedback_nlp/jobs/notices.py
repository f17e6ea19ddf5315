"""Tells the people who asked: who can be reached, what they are told, and what became of it.

A notice goes out as a row of the outbox whose key is made from the notice alone, so that two
clicks, two processes or a crash between them send one message. The row holds the text and no
link to a person: where the answer belongs is looked up when it leaves, so that whoever was
erased, has refused or was overtaken by a newer status meanwhile is not written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.access import recording
from feedback_nlp.errors import Conflict, NotFound
from feedback_nlp.jobs.deliver import Withdrawn, put_message
from feedback_nlp.jobs.notice_reach import NO_ADDRESS, REFUSED, Reach, reaches_of, reasons_of
from feedback_nlp.labels import NoticeStatus, ReporterStatus, label
from feedback_nlp.outlets.config import Outlets
from feedback_nlp.outlets.mail import MailSender
from feedback_nlp.outlets.records import Block, Channel, Message, OutboxState
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.notice_list import refusals
from feedback_nlp.requests.notice_words import notice_settings, written_text
from feedback_nlp.requests.notices import supersede_unsent, take_from_outbox
from feedback_nlp.store import outbox
from feedback_nlp.store.contacts import Sealer, address_of
from feedback_nlp.store.keys import deployment_secret
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Notice,
    Source,
)

KIND = "notice"
_ERASED = "对方的数据已经删除"
_OVERTAKEN = "状态又变了"
_OF_ROW = {
    OutboxState.PENDING.value: NoticeStatus.QUEUED,
    OutboxState.SENT.value: NoticeStatus.SENT,
    OutboxState.FAILED.value: NoticeStatus.FAILED,
    OutboxState.UNKNOWN.value: NoticeStatus.FAILED,
    OutboxState.CANCELLED.value: NoticeStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class NoticePreview:
    """What sending would do.

    Attributes:
        request: Key of the request.
        reporter_status: What people would be told.
        reachable: How many people can be told.
        unreachable: How many cannot, by reason.
        unnamed: Posts behind the request that nobody is known to have given.
        told: How many people have been told this status, or are being told.
        sample: What the first of them would read; empty if nobody can be told.
    """

    request: str
    reporter_status: ReporterStatus
    reachable: int
    unreachable: dict[str, int]
    unnamed: int
    told: int
    sample: str


@dataclass(frozen=True, slots=True)
class NoticesSent:
    """What a wish to send did.

    Attributes:
        queued: New rows of the outbox.
        unreachable: People who cannot be told, by reason.
    """

    queued: int
    unreachable: dict[str, int] = field(default_factory=dict)


def preview_notices(
    session: Session, key: str, outlets: Outlets, *, zone: ZoneInfo, source_id: int | None = None
) -> NoticePreview:
    """Return what sending would do now; writes nothing.

    Args:
        session: A reading session.
        key: Of the request.
        outlets: What there is to answer through.
        zone: In which messages tell days.
        source_id: Count only people of this source; sending knows no sources.

    Raises:
        NotFound: If there is no such request.
    """
    request = get_request(session, key)
    settings = notice_settings(session)
    reaches = _of_source(reaches_of(session, request, settings, outlets), source_id)
    able = [reach for reach in reaches if reach.outlet]
    status = ReporterStatus(request.reporter_status)
    unnamed = (
        select(col(Feedback.id))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .where(col(Evidence.request_id) == id_of(request), col(Feedback.author_key).is_(None))
        .distinct()
    )
    if source_id is not None:
        unnamed = unnamed.where(col(Feedback.source_id) == source_id)
    return NoticePreview(
        request=request.key,
        reporter_status=status,
        reachable=len(able),
        unreachable=reasons_of(reaches),
        unnamed=len(session.scalars(unnamed).all()),
        told=len(session.scalars(_told(request, source_id)).all()),
        sample=written_text(settings, request, able[0].feedback, zone) if able else "",
    )


@dataclass(frozen=True, slots=True)
class Reached:
    """The notices behind a preview, newest first.

    Attributes:
        waiting: Ids, each with why it cannot be told; empty if it can.
        told: Ids of those who know the present status, or are being told.
    """

    waiting: list[tuple[int, str]]
    told: list[int]


def reached_notices(
    session: Session, key: str, outlets: Outlets, source_id: int | None = None
) -> Reached:
    """Return which notices the figures of :func:`preview_notices` count; arguments as there."""
    request = get_request(session, key)
    found = reaches_of(session, request, notice_settings(session), outlets)
    reaches = _of_source(found, source_id)
    waiting = [(reach.notice.id or 0, reach.why_not) for reach in reaches]
    told = session.scalars(_told(request, source_id))
    return Reached(sorted(waiting, reverse=True), sorted((id_ or 0 for id_ in told), reverse=True))


def _of_source(reaches: list[Reach], source_id: int | None) -> list[Reach]:
    """Return those who would be answered where this source is; all without one."""
    return [each for each in reaches if source_id in (None, each.feedback.source_id)]


def _told(request: FeatureRequest, source_id: int | None) -> Any:
    told = select(col(Notice.id)).where(
        col(Notice.request_id) == id_of(request),
        col(Notice.reporter_status) == request.reporter_status,
        col(Notice.status).in_([NoticeStatus.SENT.value, NoticeStatus.QUEUED.value]),
    )
    if source_id is None:
        return told
    return told.join(Feedback, col(Feedback.id) == col(Notice.feedback_id)).where(
        col(Feedback.source_id) == source_id
    )


def send_notices(
    session: Session, key: str, outlets: Outlets, *, zone: ZoneInfo, now: datetime
) -> NoticesSent:
    """Owe the outside what is owed to reporters of a request, in the caller's transaction.

    Whoever cannot be reached is noted with the reason, and asked about again next time.

    Raises:
        NotFound: If there is no such request.
    """
    hold_requests(session)
    request = get_request(session, key)
    supersede_unsent(session, request, now=now)
    settings = notice_settings(session)
    reaches = reaches_of(session, request, settings, outlets)
    queued = 0
    for reach in reaches:
        notice = reach.notice
        if reach.outlet is None:
            notice.status, notice.reason = NoticeStatus.UNREACHABLE.value, reach.why_not
            notice.settled_at = now
        else:
            text = written_text(settings, request, reach.feedback, zone)
            notice.outbox_key = _key(request, notice)
            notice.feedback_id = reach.feedback.id or notice.feedback_id
            notice.status, notice.reason, notice.settled_at = NoticeStatus.QUEUED.value, "", None
            queued += _owe(session, outlets, reach.outlet, request, text, notice.outbox_key, now)
        session.add(notice)
    done = NoticesSent(queued, reasons_of(reaches))
    if reaches:
        detail = {"status": request.reporter_status, "queued": queued, **done.unreachable}
        recording.record(session, "notice.send", f"request:{request.key}", detail, now=now)
    session.flush()
    return done


def _owe(
    session: Session,
    outlets: Outlets,
    outlet: str,
    request: FeatureRequest,
    text: str,
    key: str,
    now: datetime,
) -> int:
    """Put one notice into the outbox; a letter's recipient is looked up when it leaves."""
    sender, message = outlets.sender(outlet), _message(request, text)
    if not isinstance(sender, MailSender):
        return put_message(session, sender, outlet, message, key=key, kind=KIND, now=now)
    status = label(ReporterStatus(request.reporter_status))
    letter = Message(f"您反馈的“{request.title}”：{status}", blocks=[Block("text", text)])
    return outbox.put(
        session,
        key=key,
        kind=KIND,
        channel=sender.channel.value,
        outlet=outlet,
        title=message.title,
        payload=sender.letter(letter, now=now),
        now=now,
        repeatable=sender.repeatable,
    )


def retry_notice(session: Session, notice_id: int, *, now: datetime) -> Notice:
    """Send a notice that was given up again.

    Raises:
        NotFound: If there is no such notice.
        Conflict: If it was not given up, or the request has moved on since.
    """
    notice = _found(session, notice_id)
    request = session.get(FeatureRequest, notice.request_id)
    if notice.status != NoticeStatus.FAILED.value or notice.outbox_key is None:
        raise Conflict(
            f"通知 {notice_id} 现在是“{label(NoticeStatus(notice.status))}”，不能重发",
            hint="只有失败的可以重发；联系不上的，配好出口后再发送一次即可",
        )
    if request is None or request.reporter_status != notice.reporter_status:
        raise Conflict(f"通知 {notice_id} 说的状态已经变了，不再发", hint="发送新状态的通知")
    row = outbox.with_key(session, notice.outbox_key)
    if row is None or row.id is None:
        raise NotFound(f"通知 {notice_id} 在发件箱里已经没有了", reason="unknown-message")
    outbox.retry(session, row.id, now=now)
    notice.status, notice.reason, notice.settled_at = NoticeStatus.QUEUED.value, "", None
    session.add(notice)
    recording.record(session, "notice.retry", f"notice:{notice_id}", {}, now=now)
    return notice


def cancel_notice(session: Session, notice_id: int, *, reason: str, now: datetime) -> Notice:
    """Send a notice never, unless it has left.

    Raises:
        NotFound: If there is no such notice.
        Conflict: If it was sent or is being sent.
    """
    notice = _found(session, notice_id)
    if notice.status == NoticeStatus.CANCELLED.value:
        return notice
    is_sent = notice.status in {NoticeStatus.SENT.value, NoticeStatus.SUPERSEDED.value}
    if is_sent or not take_from_outbox(session, notice, now=now):
        raise Conflict(f"通知 {notice_id} 已经发出或不再有效，不能取消")
    notice.status, notice.reason, notice.settled_at = NoticeStatus.CANCELLED.value, reason, now
    session.add(notice)
    detail = {"reason": reason}
    recording.record(session, "notice.cancel", f"notice:{notice_id}", detail, now=now)
    session.flush()
    return notice


def restore_notice(session: Session, notice_id: int, *, now: datetime) -> Notice:
    """Owe a notice again that was cancelled; it waits until somebody sends.

    Raises:
        NotFound: If there is no such notice.
        Conflict: If it was not cancelled, or the request has moved on since.
    """
    notice = _found(session, notice_id)
    request = session.get(FeatureRequest, notice.request_id)
    if notice.status != NoticeStatus.CANCELLED.value:
        words = label(NoticeStatus(notice.status))
        raise Conflict(f"通知 {notice_id} 现在是“{words}”，没有取消", hint="不用恢复")
    if request is None or request.reporter_status != notice.reporter_status:
        raise Conflict(f"通知 {notice_id} 说的状态已经变了，不再发", hint="发送新状态的通知")
    notice.status, notice.reason, notice.settled_at = NoticeStatus.PENDING.value, "", None
    # its row of the outbox is cancelled for good: it goes out under another key
    notice.created_at, notice.outbox_key = now, None
    session.add(notice)
    recording.record(session, "notice.restore", f"notice:{notice_id}", {}, now=now)
    session.flush()
    return notice


@dataclass(frozen=True, slots=True)
class NoticeCause:
    """Completes a row of the outbox when it leaves, and notes what became of it.

    Attributes:
        secret: ``FEEDBACK_SECRET``, if configured: it opens addresses.
        public_url: Where people reach the service, to unsubscribe; blank if they do not.
    """

    secret: str | None = field(default=None, repr=False)
    public_url: str = ""

    def part(self, session: Session, row: OutboxRow) -> Mapping[str, Any]:
        """Return the body with the place where the answer belongs.

        Raises:
            Withdrawn: If the person was erased or refuses, or the status has changed.
        """
        notice = _of(session, row)
        feedback = session.get(Feedback, notice.feedback_id) if notice else None
        request = session.get(FeatureRequest, notice.request_id) if notice else None
        if notice is None or feedback is None or request is None:
            raise Withdrawn(_ERASED)
        if request.reporter_status != notice.reporter_status:
            raise Withdrawn(_OVERTAKEN)
        if refusals(session, [notice.person_key]):
            raise Withdrawn(REFUSED)
        if row.channel == Channel.EMAIL.value:
            return {**row.payload, **self._recipient(session, notice.person_key)}
        source = session.get(Source, feedback.source_id)
        answers = {
            "source": source.name if source else "",
            "source_key": feedback.source_key,
            "thread_key": feedback.thread_key,
        }
        return {**row.payload, "data": {**row.payload.get("data", {}), "feedback": answers}}

    def _recipient(self, session: Session, person: str) -> dict[str, str]:
        sealer = Sealer(deployment_secret(session, self.secret))
        address = address_of(session, person, sealer)
        if address is None:
            raise Withdrawn(NO_ADDRESS)
        base = self.public_url.rstrip("/")
        link = f"{base}/unsubscribe/{sealer.ticket(person)}" if base else ""
        return {"to": address, "unsubscribe": link}

    def settled(self, session: Session, row: OutboxRow) -> None:
        """Note on the notice what became of its row."""
        notice = _of(session, row)
        status = _OF_ROW.get(row.state)
        ended = {NoticeStatus.SUPERSEDED.value, NoticeStatus.CANCELLED.value}
        if notice is None or status is None or notice.status in ended:
            return
        notice.status, notice.reason = status.value, row.last_error
        notice.settled_at = row.finished_at
        if row.last_error == _OVERTAKEN:
            notice.status = NoticeStatus.SUPERSEDED.value
        elif row.last_error in {REFUSED, NO_ADDRESS}:
            notice.status = NoticeStatus.UNREACHABLE.value
        session.add(notice)


def _message(request: FeatureRequest, text: str) -> Message:
    status = ReporterStatus(request.reporter_status)
    return Message(
        f"{request.key} {label(status)}",
        event_type=f"notice.{status.value}",
        data={"request": request.key, "status": status.value, "text": text},
    )


def _key(request: FeatureRequest, notice: Notice) -> str:
    """Return the key of a notice; one that is owed anew after it was superseded has another."""
    told = f"{request.key} {notice.person_key} {notice.reporter_status} {notice.created_at.timestamp()}"
    return f"notice:{request.key}:{sha256(told.encode()).hexdigest()[:32]}"


def _of(session: Session, row: OutboxRow) -> Notice | None:
    return session.scalars(select(Notice).where(col(Notice.outbox_key) == row.key)).first()


def _found(session: Session, notice_id: int) -> Notice:
    hold_requests(session)
    notice = session.get(Notice, notice_id, with_for_update=True)
    if notice is None:
        raise NotFound(f"没有编号为 {notice_id} 的通知", reason="unknown-notice")
    return notice
