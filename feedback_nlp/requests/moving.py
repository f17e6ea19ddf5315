"""Requests as people handle them: found, moved through the loop.

Nothing here commits. A status change, its event and the notices it owes are written in
the caller's one transaction, so that a crash neither loses nor doubles any of them.

:func:`move_request` is for people: whoever saw another state is refused, and a retry does
nothing. :func:`apply_transition` is the bare step under it, for what the analysis does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.clean.characters import clean_characters, one_line
from feedback_nlp.errors import Conflict, NotFound
from feedback_nlp.labels import ENGINE, ReporterStatus, RequestStatus, is_person
from feedback_nlp.loop import NOTIFYING, Transition, transition
from feedback_nlp.requests.evidence import id_of, refresh_evidence
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.notices import open_notices, supersede_strangers, supersede_unsent
from feedback_nlp.requests.versions import (
    Expected,
    changed_meanwhile,
    last_step,
    require_expected,
)
from feedback_nlp.store.tables import FeatureRequest, Setting, StatusEvent

_HIGHEST = "highest_request"
# Nobody can have read, within this time, what somebody else has just done.
_JUST_NOW = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Move:
    """A step that a person wants.

    Attributes:
        to: The wanted status.
        actor: Who wants it.
        reason: Why; required where the table says so.
        duplicate_of: Key of the request this one repeats, for ``duplicate`` only.
        expected: The state that the person saw.
    """

    to: RequestStatus
    actor: str
    reason: str = ""
    duplicate_of: str | None = None
    expected: Expected = field(default_factory=Expected)

    def __post_init__(self) -> None:
        """Take out what nobody sees: both are shown in terminals, pages and workbooks."""
        object.__setattr__(self, "actor", one_line(self.actor))
        object.__setattr__(self, "reason", clean_characters(self.reason))


class Moved(NamedTuple):
    """What became of a move.

    Attributes:
        changed: ``False`` if the request was there already; then nothing was written.
    """

    changed: bool
    from_status: RequestStatus
    request: FeatureRequest


def get_request(session: Session, key: str) -> FeatureRequest:
    """Return the request named ``REQ-12``; case and spaces around it do not matter.

    Raises:
        NotFound: If there is none.
    """
    wanted = key.strip().upper()
    request = session.scalars(
        select(FeatureRequest).where(col(FeatureRequest.key) == wanted)
    ).first()
    if request is None:
        raise NotFound(f"没有编号为 {wanted} 的需求", reason="unknown-request", key=wanted)
    return request


def move_request(session: Session, key: str, move: Move, *, now: datetime) -> Moved:
    """Move a request for a person, once, unless somebody else was faster.

    The same move by the same actor may be sent again: if it was the last step, nothing
    happens. A person who says what they saw (``move.expected``) is refused when it is no
    longer so. One who does not say is refused within seconds of another person's step,
    since they cannot have seen it.

    Raises:
        NotFound: If there is no such request or no such target.
        Conflict: If somebody else changed the request meanwhile; says who, what and when.
        TransitionNotAllowed: If the table has no such step.
        InputError: If a required actor, reason or target is missing, or the target is unusable.
    """
    hold_requests(session)
    request = get_request(session, key)
    before = RequestStatus(request.status)
    target = _duplicate_key(session, request, move.duplicate_of)
    is_there = before is move.to and target in (None, request.duplicate_of_key)
    last = last_step(session, request)
    is_own = last.actor == move.actor.strip()
    if is_there and is_own:
        return Moved(False, before, request)
    require_expected(session, request, move.expected, now=now)
    is_other_person = last.from_status is not None and not is_own and is_person(last.actor)
    if move.expected.is_blind and is_other_person and now - last.happened_at < _JUST_NOW:
        raise changed_meanwhile(session, request, "刚刚变了", now=now)
    if is_there:
        return Moved(False, before, request)
    apply_transition(
        session,
        key,
        move.to,
        actor=move.actor,
        now=now,
        reason=move.reason,
        duplicate_of=move.duplicate_of,
    )
    return Moved(True, before, request)


def create_request(
    session: Session,
    *,
    title: str,
    intent: str,
    now: datetime,
    topic_id: int | None = None,
    product: str | None = None,
    actor: str = ENGINE,
    reason: str = "",
) -> FeatureRequest:
    """Add a request under the next free key, with its first event."""
    request = FeatureRequest(
        key=f"REQ-{_highest_number(session) + 1}",
        title=title,
        intent=intent,
        topic_id=topic_id,
        product=product,
        created_by=actor,
        titled_by=actor,
        created_at=now,
        updated_at=now,
    )
    session.add(request)
    session.flush()
    session.add(
        StatusEvent(
            request_id=id_of(request),
            to_status=RequestStatus.NEW.value,
            to_reporter_status=ReporterStatus.RECEIVED.value,
            actor=actor,
            reason=reason.strip(),
            happened_at=now,
        )
    )
    return request


def remember_number(session: Session, key: str) -> None:
    """Keep the number of a request that is withdrawn, so that it is never given again."""
    number = max(_highest_number(session), _number(key))
    setting = session.get(Setting, _HIGHEST) or Setting(key=_HIGHEST)
    setting.value = {"number": number}
    session.add(setting)
    session.flush()


def _highest_number(session: Session) -> int:
    numbers = [_number(key) for key in session.scalars(select(col(FeatureRequest.key)))]
    setting = session.get(Setting, _HIGHEST)
    return max([*numbers, setting.value["number"] if setting else 0])


def _number(key: str) -> int:
    return int(key.removeprefix("REQ-"))


def apply_transition(
    session: Session,
    key: str,
    to: RequestStatus,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    duplicate_of: str | None = None,
) -> Transition:
    """Move a request one step, with its event, its notices and, for a duplicate, its evidence.

    Raises:
        NotFound: If there is no such request or no such target.
        TransitionNotAllowed: If the table has no such step.
        InputError: If a required reason or target is missing, or the target is unusable.
    """
    request = get_request(session, key)
    target = _duplicate_target(session, request, duplicate_of) if duplicate_of else None
    step = transition(
        RequestStatus(request.status),
        to,
        reporter_status=ReporterStatus(request.reporter_status),
        actor=actor,
        now=now,
        reason=reason,
        duplicate_of=target.key if target else None,
        duplicate_reporter_status=ReporterStatus(target.reporter_status) if target else None,
    )
    former = request.duplicate_of_key
    request.status = step.to_status.value
    request.reporter_status = step.to_reporter_status.value
    request.duplicate_of_key = step.duplicate_of
    request.updated_at = now
    request.version += 1
    session.add(request)
    session.add(
        StatusEvent(
            request_id=id_of(request),
            from_status=step.from_status.value,
            to_status=step.to_status.value,
            from_reporter_status=step.from_reporter_status.value,
            to_reporter_status=step.to_reporter_status.value,
            actor=step.actor,
            reason=step.reason,
            happened_at=now,
        )
    )
    session.flush()
    _settle_notices(session, request, step, target, former, now)
    return step


def _settle_notices(
    session: Session,
    request: FeatureRequest,
    step: Transition,
    target: FeatureRequest | None,
    former: str | None,
    now: datetime,
) -> None:
    """Let evidence and what is owed follow a step.

    Args:
        session: The writing session.
        request: What moved.
        step: How.
        target: What it is a duplicate of now.
        former: Key of what it was a duplicate of.
        now: The clock.
    """
    left = _along(session, former)
    joined = _along(session, step.duplicate_of)
    if left or joined:
        refresh_evidence(session, only={id_of(one) for one in (*left, *joined)})
    for one in left:  # its people stand behind those no longer, and are not told by them
        supersede_strangers(session, one, now=now)
    if target is not None:
        # its people stand behind the other request now, which tells them, once
        supersede_unsent(session, request, now=now, whole=True)
        if ReporterStatus(target.reporter_status) in NOTIFYING:
            open_notices(session, target, now=now)
        return
    if step.to_reporter_status is not step.from_reporter_status:
        supersede_unsent(session, request, now=now)
    if step.opens_notices:
        open_notices(session, request, now=now)


def _along(session: Session, key: str | None) -> list[FeatureRequest]:
    """Return a request and what it is a duplicate of, and so on."""
    found: list[FeatureRequest] = []
    while key:
        found.append(get_request(session, key))
        key = found[-1].duplicate_of_key
    return found


def _duplicate_key(session: Session, request: FeatureRequest, key: str | None) -> str | None:
    return _duplicate_target(session, request, key).key if key else None


def _duplicate_target(session: Session, request: FeatureRequest, key: str) -> FeatureRequest:
    """Return the request at the end of the chain of duplicates.

    Raises:
        Conflict: If the chain leads back to the request itself.
    """
    target = get_request(session, key)
    while target.id != request.id and target.duplicate_of_key:
        target = get_request(session, target.duplicate_of_key)
    if target.id == request.id:
        raise Conflict(f"{request.key} 不能与自己重复", hint="换一个需求编号，或先重新打开那个需求")
    return target
