import io
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from feedback_nlp.errors import Conflict, FileUnreadable, InputError, UnknownLayout
from feedback_nlp.jobs import ingest as job
from feedback_nlp.jobs.ingest import ingest_file, ingest_items
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.store import ingestion
from feedback_nlp.store.search import matches
from feedback_nlp.store.tables import Feedback, IngestBatch, RejectedRow, Source

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def ingest(database, tmp_path):
    def run(content, name="a.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        now = options.pop("now", lambda: NOW)
        said = IngestOptions(**{"source": "s", "zone": SHANGHAI, **options})
        return ingest_file(database, path, said, now=now)

    return run


def everything(database, table):
    with database.read() as session:
        return list(session.exec(select(table).order_by(table.id)))


def test_stores_redacted_rows_with_their_account(database, ingest):
    report = ingest(
        "id,text,user_id,time,star,备注\n"
        "1,客服不理人 请打 13800138000,u9,2026-03-01 10:22:31,1,回访 13800138000\n"
        "2,,u8,2026-03-01,5,\n"
        "3,好用,,3/1/26,五星,\n"
    )
    assert (report.read, report.accepted, report.duplicate, report.rejected) == (3, 2, 0, 1)
    assert report.reasons == {"blank-text": 1}
    assert not report.has_faults
    first, second = everything(database, Feedback)
    assert "13800138000" not in first.text + str(first.meta)
    assert "〔手机号" in first.text
    assert first.author_key not in (None, "u9")
    assert first.occurred_at == datetime(2026, 3, 1, 2, 22, 31, tzinfo=UTC)
    assert (second.rating, second.occurred_at) == (5.0, NOW)
    assert second.meta == {"time_raw": "3/1/26", "time_missing": True}
    (batch,) = everything(database, IngestBatch)
    assert (batch.status, batch.read_count, batch.layout) == ("complete", 3, "generic")


def test_times_in_the_future_are_said(ingest):
    report = ingest("id,text,time\n1,好用,2062-03-01\n2,难用,2026-03-01\n")
    (note,) = [note for note in report.notes if "将来" in note]
    assert note.startswith("1 条的时间在将来（最晚 2062-")


def test_a_second_run_finds_only_duplicates(database, ingest):
    content = "text,star\n好,5\n好,5\n不好,1\n"
    assert ingest(content).accepted == 3
    again = ingest(content)
    assert (again.read, again.accepted, again.duplicate) == (3, 0, 3)
    assert len(everything(database, Feedback)) == 3
    assert len(everything(database, IngestBatch)) == 2


def test_same_key_with_other_text_is_rejected_not_lost(database, ingest):
    ingest("id,text\n1,好用\n")
    report = ingest("id,text\n1,另一句话\n2,新的\n2,新的\n2,又一句\n")
    assert (report.accepted, report.duplicate, report.rejected) == (1, 1, 2)
    assert report.reasons == {"key-conflict": 2}
    assert [row.line for row in everything(database, RejectedRow)] == [2, 5]
    assert report.has_faults


def test_rejected_rows_are_kept_redacted_with_line_and_reason(database, ingest):
    ingest("id,text,star\n1,好,5\n2,电话 13800138000,多,一列\n")
    (row,) = everything(database, RejectedRow)
    assert (row.line, row.reason) == (3, "column-count")
    assert "13800138000" not in row.raw
    assert row.raw.startswith("2,电话")


def test_stored_text_can_be_searched(database, ingest):
    ingest("id,text\n1,申请退款没人理\n2,好用\n")
    with database.read() as session:
        found = session.exec(select(Feedback.source_key).where(matches(session, "退款"))).all()
    assert found == ["1"]


def test_mapping_is_saved_with_the_source(database, ingest):
    with pytest.raises(UnknownLayout):
        ingest("甲,乙\n1,一直闪退\n")
    assert everything(database, Source) == []
    ingest("甲,乙\n1,一直闪退\n", mapping={"text": "乙"})
    assert everything(database, Source)[0].mapping == {"text": "乙"}
    assert ingest("甲,乙\n2,退款太慢\n", name="b.csv").accepted == 1


def test_kind_comes_from_the_layout_and_must_not_change(database, ingest):
    content = "id,bid,微博正文,发布时间\n1,b,好卡,2026-03-01 10:22\n"
    assert ingest(content).kind == "social"
    with pytest.raises(Conflict, match="社交媒体"):
        ingest(content, kind=SourceKind.SURVEY)


def test_unusable_files_store_nothing(database, ingest, tmp_path):
    for content in (b"", b"id,text\n", b"\xff" * 100, b"[broken", b"a" + b"," * 5_000):
        with pytest.raises(InputError):
            ingest(content)
    options = IngestOptions(source="s", zone=SHANGHAI)
    for path in (tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(FileUnreadable):
            ingest_file(database, path, options, now=lambda: NOW)
    assert everything(database, Source) == everything(database, IngestBatch) == []


def test_standard_input_is_a_file_like_any_other(database, monkeypatch):
    from pathlib import Path

    class Stdin:
        buffer = io.BytesIO('{"text": "好用", "id": 7}\n{"text": "卡", "id": 8}\n'.encode())

    monkeypatch.setattr(sys, "stdin", Stdin)
    report = ingest_file(
        database, Path("-"), IngestOptions(source="s", zone=SHANGHAI), now=lambda: NOW
    )
    assert (report.accepted, report.file_name) == (2, "标准输入")


def test_interrupted_batch_is_taken_up_where_it_stopped(database, ingest, monkeypatch):
    monkeypatch.setattr(job, "CHUNK_SIZE", 10)
    content = (
        "id,text,star\na,b,c,d\n" + "".join(f"{n},第{n}条,{n % 7}\n" for n in range(45)) + "x,,\n"
    )
    real = ingestion.store_chunk

    def fail_on_third(session, batch_id, source_id, before, rows):
        result = real(session, batch_id, source_id, before, rows)
        if before.read == 20:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(ingestion, "store_chunk", fail_on_third)
    with pytest.raises(KeyboardInterrupt):
        ingest(content)
    (batch,) = everything(database, IngestBatch)
    assert (batch.status, batch.read_count, batch.accepted_count) == ("running", 20, 19)
    assert len(everything(database, Feedback)) == 19
    monkeypatch.setattr(ingestion, "store_chunk", real)
    report = ingest(content)
    assert report.resumed_from == 20
    assert report.reasons == {"blank-text": 1, "column-count": 1}
    assert (report.batch_id, report.read, report.accepted, report.rejected) == (1, 47, 45, 2)
    assert len(everything(database, IngestBatch)) == 1


def test_two_processes_on_one_batch_cannot_count_twice(database, ingest):
    ingest("id,text\n1,好\n")
    with database.write() as session:
        session.get(IngestBatch, 1).status = "running"
    rejection = Rejection(3, "blank-text", "")
    with pytest.raises(Conflict, match="另一个进程"), database.write() as session:
        ingestion.store_chunk(session, 1, 1, ingestion.Totals(read=5), [rejection])
    assert everything(database, RejectedRow) == []


def test_items_of_a_call_are_stored_together(database):
    items: list[RawItem | Rejection] = [
        RawItem(0, "k1", "闪退", author="a"),
        Rejection(0, "blank-text", ""),
        RawItem(0, "k1", "闪退"),
    ]
    report = ingest_items(database, items, source="api", now=NOW, kind=SourceKind.SUPPORT)
    assert (report.read, report.accepted, report.duplicate, report.rejected) == (3, 1, 1, 1)
    assert everything(database, Source)[0].kind == "support"


def test_source_names_are_checked(ingest):
    for name in ("", "  ", "x" * 300, "a\nb"):
        with pytest.raises(InputError, match="来源名"):
            ingest("id,text\n1,好\n", source=name)


def test_lone_surrogates_and_nul_reach_no_database(database, ingest):
    content = (
        '{"id": "1", "text": "好用", "备注": "\\ud83d", "app": "a\\u0000"}\n'
        '{"id": "2", "text": "好\\ud800"}\n{"id": "3", "text": "好\\u0000用"}\n'
    )
    report = ingest(content, name="a.jsonl")
    (row,) = everything(database, Feedback)
    assert (report.accepted, report.reasons) == (1, {"bad-characters": 2})
    assert report.has_faults
    (row.text + row.product + str(row.meta)).encode()
    assert "\0" not in row.product


def test_long_texts_make_small_chunks(database, ingest, monkeypatch):
    monkeypatch.setattr(job, "_CHUNK_CHARS", 10)
    sizes = []
    real = ingestion.store_chunk

    def seen(session, batch_id, source_id, before, rows):
        sizes.append(len(rows))
        return real(session, batch_id, source_id, before, rows)

    monkeypatch.setattr(ingestion, "store_chunk", seen)
    ingest("id,text\n1,打不开\n2,一打开就闪退而且重装也没有用\n3,好\n")
    assert sizes == [2, 1]
