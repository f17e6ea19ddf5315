"""The transition table, and what reporters see of it."""

from __future__ import annotations

from typing import NamedTuple

from feedback_nlp.labels import ReporterStatus, RequestStatus

_S = RequestStatus
_R = ReporterStatus


class Rule(NamedTuple):
    """What one step asks for.

    Attributes:
        needs_reason: The actor must say why.
        needs_target: The actor must name the request this one repeats.
    """

    needs_reason: bool = False
    needs_target: bool = False


_FREE = Rule()
_WHY = Rule(needs_reason=True)
_TWIN = Rule(needs_target=True)

#: From where to where, and what the step asks for. A step that is not here does not exist.
TRANSITIONS: dict[RequestStatus, dict[RequestStatus, Rule]] = {
    _S.NEW: {
        _S.TRIAGED: _FREE,
        _S.PLANNED: _FREE,
        _S.DECLINED: _WHY,
        _S.DUPLICATE: _TWIN,
    },
    _S.TRIAGED: {_S.PLANNED: _FREE, _S.DECLINED: _WHY, _S.DUPLICATE: _TWIN},
    _S.PLANNED: {
        _S.IN_PROGRESS: _FREE,
        _S.RELEASED: _FREE,
        _S.TRIAGED: _WHY,
        _S.DECLINED: _WHY,
        _S.DUPLICATE: _TWIN,
    },
    _S.IN_PROGRESS: {
        _S.RELEASED: _FREE,
        _S.PLANNED: _WHY,
        _S.DECLINED: _WHY,
        _S.DUPLICATE: _TWIN,
    },
    _S.RELEASED: {_S.VERIFIED: _FREE, _S.REOPENED: _WHY},
    _S.VERIFIED: {_S.CLOSED: _FREE, _S.REOPENED: _WHY},
    _S.CLOSED: {_S.REOPENED: _WHY},
    _S.DECLINED: {_S.REOPENED: _WHY},
    _S.DUPLICATE: {_S.REOPENED: _WHY},
    _S.REOPENED: {
        _S.TRIAGED: _FREE,
        _S.PLANNED: _FREE,
        _S.IN_PROGRESS: _FREE,
        _S.DECLINED: _WHY,
        _S.DUPLICATE: _TWIN,
    },
}

#: Statuses that nobody puts a request into without saying why, wherever it comes from.
ALWAYS_EXPLAINED = frozenset(
    to
    for to in RequestStatus
    if all(steps[to].needs_reason for steps in TRANSITIONS.values() if to in steps)
    and any(to in steps for steps in TRANSITIONS.values())
)

#: What the person who asked sees in each internal status. ``duplicate`` has no entry:
#: it shows what the request it repeats shows.
REPORTER_STATUS: dict[RequestStatus, ReporterStatus] = {
    _S.NEW: _R.RECEIVED,
    _S.TRIAGED: _R.UNDER_REVIEW,
    _S.PLANNED: _R.PLANNED,
    _S.IN_PROGRESS: _R.PLANNED,
    _S.RELEASED: _R.SHIPPED,
    _S.VERIFIED: _R.SHIPPED,
    _S.CLOSED: _R.SHIPPED,
    _S.DECLINED: _R.DECLINED,
    _S.REOPENED: _R.UNDER_REVIEW,
}

#: Reporter statuses that everyone who asked is told about, once.
NOTIFYING = frozenset({_R.PLANNED, _R.SHIPPED, _R.DECLINED})

#: Statuses in which the team believes the matter is settled; a topic that is back
#: in the feedback although its request is here has relapsed.
SETTLED = frozenset({_S.RELEASED, _S.VERIFIED, _S.CLOSED})


def allowed_from(status: RequestStatus) -> dict[RequestStatus, Rule]:
    """Return every status that can follow ``status``, in the order people expect.

    >>> [status.value for status in allowed_from(RequestStatus.PLANNED)]
    ['in_progress', 'released', 'triaged', 'declined', 'duplicate']
    """
    return dict(TRANSITIONS[status])
