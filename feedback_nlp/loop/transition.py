"""One step of a request: checked against the table, returned as what must be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_nlp.errors import Conflict, InputError, TransitionNotAllowed
from feedback_nlp.labels import ReporterStatus, RequestStatus, label
from feedback_nlp.loop.table import (
    ALWAYS_EXPLAINED,
    NOTIFYING,
    REPORTER_STATUS,
    TRANSITIONS,
)


@dataclass(frozen=True, slots=True)
class Transition:
    """Everything that follows from one allowed step.

    Attributes:
        from_status, to_status: The internal track.
        from_reporter_status, to_reporter_status: What reporters see before and after.
        actor: Who did it.
        reason: Why; empty where the step needs no reason.
        duplicate_of: Key of the request this one repeats, for ``duplicate`` only.
        happened_at: When.
        opens_notices: Everyone who asked is now owed a message.
    """

    from_status: RequestStatus
    to_status: RequestStatus
    from_reporter_status: ReporterStatus
    to_reporter_status: ReporterStatus
    actor: str
    reason: str
    duplicate_of: str | None
    happened_at: datetime
    opens_notices: bool


def transition(
    current: RequestStatus,
    to: RequestStatus,
    *,
    reporter_status: ReporterStatus,
    actor: str,
    now: datetime,
    reason: str = "",
    duplicate_of: str | None = None,
    duplicate_reporter_status: ReporterStatus | None = None,
) -> Transition:
    """Check one step and return what must be written.

    Args:
        current: The present internal status.
        to: The wanted one.
        reporter_status: What reporters see at present.
        actor: Who asks for it.
        now: Aware time of the step.
        reason: Required where the table says so.
        duplicate_of: Key of the repeated request; required for ``duplicate``.
        duplicate_reporter_status: What the reporters of that request see.

    Raises:
        TransitionNotAllowed: If the table has no such step; lists what is allowed.
        InputError: If the actor, the target, or a reason that this status always needs is missing.
        Conflict: If a reason is missing that only the way from the present status needs.
    """
    rule = TRANSITIONS[current].get(to)
    if rule is None:
        allowed = "、".join(f"{label(status)}（{status}）" for status in TRANSITIONS[current])
        raise TransitionNotAllowed(
            f"“{label(current)}”不能改成“{label(to)}”", hint=f"现在可以改成：{allowed}"
        )
    actor, reason = actor.strip(), reason.strip()
    if not actor:
        raise InputError("没有写是谁改的", reason="no-actor")
    check_wanted(to, reason=reason, duplicate_of=duplicate_of)
    if rule.needs_reason and not reason:
        raise Conflict(f"从“{label(current)}”退回“{label(to)}”要写理由", reason="reason-missing")
    shown = REPORTER_STATUS.get(to) or duplicate_reporter_status or reporter_status
    return Transition(
        from_status=current,
        to_status=to,
        from_reporter_status=reporter_status,
        to_reporter_status=shown,
        actor=actor,
        reason=reason,
        duplicate_of=duplicate_of if rule.needs_target else None,
        happened_at=now,
        opens_notices=shown != reporter_status and shown in NOTIFYING,
    )


def check_wanted(to: RequestStatus, *, reason: str, duplicate_of: str | None) -> None:
    """Check what a status asks for wherever a request comes from.

    Raises:
        InputError: If the reason or the repeated request is missing.
    """
    if to in ALWAYS_EXPLAINED and not reason.strip():
        raise InputError(f"改成“{label(to)}”要写理由", reason="reason-missing")
    if to is RequestStatus.DUPLICATE and not duplicate_of:
        raise InputError("标成重复要写明与哪个需求重复", reason="duplicate-target-missing")
