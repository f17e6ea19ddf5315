from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedback_nlp.errors import Conflict, NotFound
from feedback_nlp.outlets.records import Outcome, OutcomeKind, Pace
from feedback_nlp.store import Database, outbox, outbox_pace
from feedback_nlp.store.outbox_tables import OutboxRow

NOW = datetime(2026, 11, 16, 1, 10, tzinfo=UTC)
SENT = Outcome(OutcomeKind.SENT)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def put(database: Database, key: str, **more: Any) -> bool:
    values = {"kind": "digest", "channel": "wecom", "outlet": "ops", "payload": {"text": key}}
    with database.write() as session:
        return outbox.put(session, key=key, now=NOW, **{**values, **more})


def claim(database: Database, at: datetime = NOW, **more: Any) -> OutboxRow | None:
    with database.write() as session:
        return outbox.claim(session, now=at, **more)


def claimed(database: Database, at: datetime = NOW) -> OutboxRow:
    row = claim(database, at)
    assert row is not None
    return row


def begin(database: Database, row: OutboxRow, at: datetime = NOW) -> bool:
    with database.write() as session:
        return outbox.begin(session, row, now=at, lease_seconds=180)


def record(
    database: Database, row: OutboxRow, outcome: Outcome, retry_at: datetime | None = None
) -> OutboxRow | None:
    with database.write() as session:
        return outbox.record(session, row, outcome, now=NOW, retry_at=retry_at)


def states(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {row.key: row.state for row in outbox.rows_in(session)}


def row_of(database: Database, key: str) -> OutboxRow:
    with database.read() as session:
        row = outbox.with_key(session, key)
    assert row is not None
    return row


def test_the_same_cause_is_owed_once(database: Database) -> None:
    assert put(database, "digest:2026-W47")
    assert not put(database, "digest:2026-W47", payload={"text": "other"})
    assert row_of(database, "digest:2026-W47").payload == {"text": "digest:2026-W47"}


def test_a_cause_that_fails_owes_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        outbox.put(session, key="k", kind="x", channel="wecom", outlet="o", payload={}, now=NOW)
        raise RuntimeError
    assert states(database) == {}


def test_a_row_is_claimed_by_one_until_its_lease_runs_out(database: Database) -> None:
    put(database, "a")
    first = claimed(database)
    assert claim(database) is None
    second = claimed(database, later(181))
    assert (first.id, first.token + 1) == (second.id, second.token)
    assert not begin(database, first), "who lost the lease must not send"
    assert begin(database, second)
    assert record(database, first, SENT) is None
    assert record(database, second, SENT) is not None
    row = row_of(database, "a")
    assert (row.state, row.attempts, row.payload) == ("sent", 1, {})


def test_a_row_waits_for_its_time(database: Database) -> None:
    put(database, "a", not_before=later(60))
    assert claim(database) is None
    assert claim(database, later(60)) is not None


def test_a_cut_off_request_is_sent_again_only_if_that_is_harmless(database: Database) -> None:
    put(database, "robot")
    put(database, "hook", repeatable=True)
    for _ in range(2):
        assert begin(database, claimed(database))
    assert claim(database, later(100)) is None
    again = claimed(database, later(200))
    assert again.key == "hook"
    assert claim(database, later(200)) is None
    assert states(database) == {"robot": "unknown", "hook": "pending"}
    assert "可能已经收到" in row_of(database, "robot").last_error


def test_an_outcome_that_comes_late_is_still_the_truth(database: Database) -> None:
    put(database, "robot")
    row = claimed(database)
    begin(database, row)
    claim(database, later(200))
    assert states(database) == {"robot": "unknown"}
    assert record(database, row, SENT) is not None
    assert states(database) == {"robot": "sent"}


@pytest.mark.parametrize(
    ("kind", "repeatable", "retry_at", "state"),
    [
        (OutcomeKind.SENT, False, None, "sent"),
        (OutcomeKind.RETRY, False, later(5), "pending"),
        (OutcomeKind.RETRY, False, None, "failed"),
        (OutcomeKind.REFUSED, False, later(5), "failed"),
        (OutcomeKind.UNKNOWN, False, later(5), "unknown"),
        (OutcomeKind.UNKNOWN, True, later(5), "pending"),
        (OutcomeKind.UNKNOWN, True, None, "failed"),
    ],
)
def test_outcomes_become_states(
    database: Database,
    kind: OutcomeKind,
    repeatable: bool,
    retry_at: datetime | None,
    state: str,
) -> None:
    put(database, "a", repeatable=repeatable)
    row = claimed(database)
    begin(database, row)
    record(database, row, Outcome(kind, "HTTP 500"), retry_at)
    after = row_of(database, "a")
    assert after.state == state
    assert after.last_error == "" if state == "sent" else "HTTP 500" in after.last_error
    if state == "pending":
        assert after.next_at == later(5)
        assert claim(database) is None


def test_parts_go_in_order_and_stop_with_the_first_that_fails(database: Database) -> None:
    for position in range(3):
        put(database, f"a#{position}", series="a", position=position)
    first = claimed(database)
    assert first.key == "a#0"
    assert claim(database) is None, "the second part waits for the first"
    begin(database, first)
    record(database, first, SENT)
    second = claimed(database)
    assert second.key == "a#1"
    begin(database, second)
    record(database, second, Outcome(OutcomeKind.REFUSED, "too long"))
    assert states(database) == {"a#0": "sent", "a#1": "failed", "a#2": "failed"}
    with database.write() as session:
        again = outbox.retry(session, second.id or 0, now=NOW)
    assert [row.key for row in again] == ["a#1", "a#2"]
    assert claimed(database).key == "a#1"


def test_cancelling(database: Database) -> None:
    put(database, "a")
    row = claimed(database)
    with database.write() as session:
        outbox.cancel(session, row.id or 0, now=NOW)
    assert not begin(database, row), "a claimed row that was cancelled is not sent"
    assert row_of(database, "a").payload == {}
    for act in (outbox.cancel, outbox.retry):
        with pytest.raises(Conflict), database.write() as session:
            act(session, row.id or 0, now=NOW)
    with pytest.raises(NotFound), database.write() as session:
        outbox.cancel(session, 99, now=NOW)


def test_what_is_on_its_way_cannot_be_cancelled(database: Database) -> None:
    put(database, "a")
    row = claimed(database)
    begin(database, row)
    with pytest.raises(Conflict), database.write() as session:
        outbox.cancel(session, row.id or 0, now=NOW)


def test_a_withdrawn_row_is_not_sent(database: Database) -> None:
    put(database, "a")
    row = claimed(database)
    with database.write() as session:
        assert outbox.withdraw(session, row, "已有更新的状态", now=NOW)
    assert not begin(database, row)
    assert row_of(database, "a").last_error == "已有更新的状态"


@pytest.mark.parametrize("pace", [Pace(20, 60), Pace(100, 60), Pace(5, 1), Pace(1, 1)])
def test_no_window_holds_more_than_the_pace(database: Database, pace: Pace) -> None:
    """Sixty messages are due at once; a clock that jumps to the next free moment sends them."""
    with database.write() as session:
        at = NOW
        sent: list[datetime] = []
        while len(sent) < 60:
            free = outbox_pace.next_free(session, "ops", pace, now=at)
            assert isinstance(free, datetime)
            if free <= at:
                sent.append(at)
            else:
                at = free
    for start in sent:
        within = [one for one in sent if start <= one < start + timedelta(seconds=pace.seconds)]
        assert len(within) <= pace.count
    assert (sent[-1] - sent[0]).total_seconds() <= 60 * 2 * pace.seconds / pace.count


def test_a_busy_outlet_does_not_hold_up_others(database: Database) -> None:
    for number in range(4):
        put(database, f"slow-{number}", outlet="slow")
    put(database, "fast", outlet="fast")
    paces = {"slow": Pace(1, 60)}
    keys = []
    while (row := claim(database, pace_of=paces.get)) is not None:
        keys.append(row.key)
    assert keys == ["slow-0", "fast"]
    assert claim(database, later(121), pace_of=paces.get) is not None


def test_crowded_minutes_are_avoided(database: Database) -> None:
    pace = Pace(5, 1, avoid_half_hours=True)
    with database.write() as session:
        for minute, second, wait in [
            (0, 0, 90),
            (0, 59, 31),
            (30, 10, 80),
            (31, 0, 30),
            (1, 30, 0),
        ]:
            at = NOW.replace(minute=minute, second=second)
            free = outbox_pace.next_free(session, "ops", pace, now=at)
            assert free == at + timedelta(seconds=wait)
        crowded = NOW.replace(minute=0, second=5)
        free = outbox_pace.next_free(session, "lone", pace, now=crowded, somebody_waits=True)
        assert free == crowded


@pytest.mark.parametrize("pace", [None, Pace(20, 60)])
def test_a_pause_that_the_outlet_asked_for_holds_for_all_its_rows(
    database: Database, pace: Pace | None
) -> None:
    put(database, "a")
    with database.write() as session:
        outbox_pace.hold(session, "ops", later(600), pace=pace)
    assert claim(database, later(599), pace_of=lambda _: pace) is None
    assert claim(database, later(600), pace_of=lambda _: pace) is not None


def test_a_stopped_outlet_gives_up_visibly_until_it_is_started(database: Database) -> None:
    put(database, "a")
    with database.write() as session:
        outbox_pace.stop(session, "ops", "对方不再接收", now=NOW)
        assert outbox_pace.stopped(session) == {"ops": "对方不再接收"}
    assert claim(database) is None
    row = row_of(database, "a")
    assert (row.state, row.last_error) == ("failed", "对方不再接收")
    with database.write() as session:
        outbox_pace.start(session, "ops", now=NOW)
        outbox.retry(session, row.id or 0, now=NOW)
    assert claim(database) is not None
