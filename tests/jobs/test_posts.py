from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from feedback_nlp.errors import Conflict, InputError, StoreError
from feedback_nlp.jobs.ingest import ingest_items
from feedback_nlp.jobs.posts import PostDesk
from feedback_nlp.labels import ItemStatus, SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.store import Database
from feedback_nlp.store.batches import rejected_rows
from feedback_nlp.store.search import matches
from feedback_nlp.store.tables import Feedback, IngestBatch, Source

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)


@pytest.fixture
def desk(database: Database):
    desk = PostDesk(database)
    yield desk
    desk.close()


def item(key: str, text: str = "一点就闪退", line: int = 1) -> RawItem:
    return RawItem(line, key, text)


def statuses(receipt) -> list[ItemStatus]:
    return [landing.status for landing in receipt.landings]


def test_what_is_acknowledged_is_stored_and_found(desk: PostDesk, database: Database) -> None:
    receipt = desk.post([item("a")], source="官网", now=NOW, product="记账").result(60)
    assert statuses(receipt) == [ItemStatus.ACCEPTED]
    with database.read() as session:
        (row,) = session.exec(select(Feedback)).all()
        (batch,) = session.exec(select(IngestBatch)).all()
        found = session.exec(select(Feedback.id).where(matches(session, "闪退"))).all()
    assert (row.id, row.batch_id, row.product) == (
        receipt.landings[0].feedback_id,
        receipt.batch_id,
        "记账",
    )
    assert (batch.read_count, batch.accepted_count, batch.status) == (1, 1, "complete")
    assert found == [row.id]


def test_one_group_keeps_every_post_apart(
    desk: PostDesk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Posts that wait while a group is written become the next one."""
    groups: list[int] = []
    first, go = threading.Event(), threading.Event()
    write = desk._write

    def slow(group) -> None:
        groups.append(len(group))
        first.set()
        assert go.wait(60)
        write(group)

    monkeypatch.setattr(desk, "_write", slow)
    one = desk.post([item("a")], source="官网", now=NOW)
    assert first.wait(60)
    posts: list[tuple[list[RawItem | Rejection], str]] = [
        ([item("a")], "官网"),
        ([item("a", "别的内容")], "官网"),
        ([item("b"), Rejection(2, "invalid-item", "坏的", "")], "官网"),
        ([item("b"), item("b", line=2)], "官网"),
        ([item("a")], "微博"),
    ]
    rest = [desk.post(items, source=source, now=NOW) for items, source in posts]
    go.set()
    assert statuses(one.result(60)) == [ItemStatus.ACCEPTED]
    receipts = [future.result(60) for future in rest]
    assert groups == [1, 5]
    assert [statuses(receipt) for receipt in receipts] == [
        ["duplicate"],
        ["rejected"],
        ["accepted", "rejected"],
        ["duplicate", "duplicate"],
        ["accepted"],
    ]
    assert len({receipt.batch_id for receipt in receipts}) == 5
    assert receipts[3].landings[0].feedback_id == receipts[2].landings[0].feedback_id
    with database.read() as session:
        batches = session.exec(select(IngestBatch)).all()
        reasons = [row.reason for row in rejected_rows(session, receipts[1].batch_id)]
    assert reasons == ["key-conflict"]
    for batch in batches:
        parts = (batch.accepted_count, batch.duplicate_count, batch.rejected_count)
        assert batch.read_count == sum(parts)


def test_one_post_that_contradicts_its_source_spoils_no_other(
    desk: PostDesk, database: Database
) -> None:
    kind = SourceKind.SURVEY
    desk.post([item("a")], source="官网", now=NOW, kind=kind).result(60)
    wrong = desk.post([item("b")], source="官网", now=NOW, kind=SourceKind.SOCIAL)
    right = desk.post([item("c")], source="官网", now=NOW, kind=kind)
    with pytest.raises(Conflict):
        wrong.result(60)
    assert statuses(right.result(60)) == [ItemStatus.ACCEPTED]
    with pytest.raises(InputError):
        desk.post([item("d")], source=" ", now=NOW)


def test_it_stores_what_a_single_call_stores(desk: PostDesk, database: Database) -> None:
    items = [item("a", "打 13812345678 联系我"), item("b", "希望能导出"), item("c", "   ")]
    desk.post(items, source="甲", now=NOW).result(60)
    ingest_items(database, items, source="乙", now=NOW)
    apart = {"id", "source_id", "batch_id", "channel"}
    with database.read() as session:
        names = {source.id: source.name for source in session.exec(select(Source))}
        rows = session.exec(select(Feedback).order_by(Feedback.id)).all()  # type: ignore[arg-type]
        by_source = {
            name: [row.model_dump(exclude=apart) for row in rows if names[row.source_id] == name]
            for name in ("甲", "乙")
        }
        counts = Counter(
            (batch.read_count, batch.accepted_count, batch.rejected_count)
            for batch in session.exec(select(IngestBatch))
        )
    assert by_source["甲"] == by_source["乙"]
    assert counts == {(3, 2, 1): 2}


def test_many_threads_lose_and_double_nothing(desk: PostDesk, database: Database) -> None:
    futures = []
    lock = threading.Lock()

    def send(first: int) -> None:
        for number in range(first, first + 30):
            future = desk.post([item(f"k{number}")], source="官网", now=NOW)
            with lock:
                futures.append(future)

    threads = [threading.Thread(target=send, args=(20 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = Counter(statuses(future.result(60))[0] for future in futures)
    with database.read() as session:
        stored = session.exec(select(Feedback.source_key)).all()
    assert sorted(stored) == sorted({f"k{number}" for number in range(130)})
    assert counts == {"accepted": 130, "duplicate": 50}


def test_a_failed_commit_tells_everybody_and_the_next_goes_on(
    desk: PostDesk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.post([item("a")], source="官网", now=NOW).result(60)

    def full() -> None:
        raise StoreError("磁盘满了")

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", full)
        failed = desk.post([item("b")], source="官网", now=NOW)
        with pytest.raises(StoreError):
            failed.result(60)
    assert statuses(desk.post([item("b")], source="官网", now=NOW).result(60)) == ["accepted"]


def test_a_closed_desk_stores_what_waits_and_takes_no_more(database: Database) -> None:
    desk = PostDesk(database)
    waiting = desk.post([item("a")], source="官网", now=NOW)
    desk.close()
    assert waiting.done()
    with pytest.raises(StoreError, match="停止"):
        desk.post([item("b")], source="官网", now=NOW)
