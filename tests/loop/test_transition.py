from datetime import UTC, datetime
from itertools import product

import pytest

from feedback_nlp.errors import InputError, TransitionNotAllowed
from feedback_nlp.labels import ReporterStatus, RequestStatus
from feedback_nlp.loop import NOTIFYING, REPORTER_STATUS, TRANSITIONS, transition

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def step(current, to, *, shown=None, **arguments):
    arguments = {"actor": "小王", "reason": "因为", "duplicate_of": "REQ-1", **arguments}
    return transition(
        current,
        to,
        reporter_status=shown or REPORTER_STATUS.get(current, ReporterStatus.RECEIVED),
        now=NOW,
        **arguments,
    )


def test_every_pair_is_either_in_the_table_or_refused():
    for current, to in product(RequestStatus, RequestStatus):
        if to in TRANSITIONS[current]:
            assert step(current, to).to_status is to
        else:
            with pytest.raises(TransitionNotAllowed):
                step(current, to)


def test_every_status_can_be_reached_and_left():
    reached = {to for steps in TRANSITIONS.values() for to in steps} | {RequestStatus.NEW}
    assert reached == set(RequestStatus)
    assert all(TRANSITIONS[status] for status in RequestStatus)


def test_refusal_lists_what_is_allowed():
    with pytest.raises(TransitionNotAllowed, match=r"已验证（verified）、重新打开（reopened）"):
        step(RequestStatus.RELEASED, RequestStatus.PLANNED)


@pytest.mark.parametrize("current", list(RequestStatus))
def test_declining_and_reopening_always_need_a_reason(current):
    for to in (RequestStatus.DECLINED, RequestStatus.REOPENED):
        if to in TRANSITIONS[current]:
            with pytest.raises(InputError, match="理由"):
                step(current, to, reason="  ")


def test_duplicate_needs_its_target_and_shows_the_targets_status():
    with pytest.raises(InputError, match="REQ-3"):
        step(RequestStatus.NEW, RequestStatus.DUPLICATE, duplicate_of=None)
    result = step(
        RequestStatus.NEW,
        RequestStatus.DUPLICATE,
        duplicate_of="REQ-7",
        duplicate_reporter_status=ReporterStatus.PLANNED,
    )
    assert result.duplicate_of == "REQ-7"
    assert result.to_reporter_status is ReporterStatus.PLANNED
    assert result.opens_notices


def test_an_actor_is_required():
    with pytest.raises(InputError, match="谁"):
        step(RequestStatus.NEW, RequestStatus.TRIAGED, actor=" ")


def test_reporters_hear_of_planned_shipped_declined_and_of_nothing_else():
    for current, steps in TRANSITIONS.items():
        for to in steps:
            result = step(current, to)
            changed = result.from_reporter_status != result.to_reporter_status
            assert result.opens_notices == (changed and result.to_reporter_status in NOTIFYING)


def test_internal_progress_is_not_told_twice():
    result = step(RequestStatus.PLANNED, RequestStatus.IN_PROGRESS)
    assert result.to_reporter_status is ReporterStatus.PLANNED
    assert not result.opens_notices
