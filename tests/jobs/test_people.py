"""Nothing of an erased person is left: in a dump, free pages, the log, the index, exports."""

from __future__ import annotations

import gzip
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, text
from sqlmodel import col, select

from feedback_nlp.cli.app import main
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.jobs.ingest import ingest_items
from feedback_nlp.jobs.people import author_key, checked_key, erase_person, export_person
from feedback_nlp.jobs.retention import erase_overdue, kept, set_retention
from feedback_nlp.records import RawItem
from feedback_nlp.store import Database
from feedback_nlp.store.backup import back_up
from feedback_nlp.store.erasing import feedback_of
from feedback_nlp.store.erasure_table import Erasure
from feedback_nlp.store.queries import FeedbackFilter, feedback_count
from feedback_nlp.store.search import index_tokens
from feedback_nlp.store.tables import (
    Digest,
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Notice,
    RejectedRow,
    Run,
    Topic,
    TopicEvent,
)
from tests.stored_letters import in_letters

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
#: Characters that nobody else writes.
RARE = ("饕餮纹的包装打不开", "鼋鼍图案褪色了还脱线")
OTHERS = "快递太慢了等了三天"
SECRET = "测试"


@pytest.fixture
def filled(database: Database) -> Database:
    """Three people, one of whom is to go, with something of hers in every table."""
    items = [RawItem(n, f"hers-{n}", words, author="阿满") for n, words in enumerate(RARE)]
    items += [RawItem(9, "dup", RARE[0], author="小竹")]
    items += [RawItem(n, f"theirs-{n}", f"{OTHERS}{n}", author=f"p{n % 2}") for n in range(300)]
    ingest_items(database, items, source="问卷", now=NOW, secret=SECRET)
    again = [RawItem(1, "hers-0", f"{RARE[1]}又来了", author="阿满")]
    ingest_items(database, again, source="问卷", now=NOW, secret=SECRET)
    hers = feedback_of_author(database, "阿满")
    with database.write() as session:
        run = Run(kind="analyze", started_at=NOW)
        topic = Topic(name="包装")
        request = FeatureRequest(
            key="REQ-1", title="包装", intent="bug", created_at=NOW, updated_at=NOW
        )
        session.add_all([run, topic, request])
        session.flush()
        units = []
        for feedback in session.exec(select(Feedback).order_by(col(Feedback.id)).limit(5)).all():
            feedback.person_key = feedback.author_key
            if feedback.source_key == "dup":
                feedback.duplicate_of = hers[0]
            unit = FeedbackUnit(
                feedback_id=feedback.id or 0, position=0, start=0, end=len(feedback.text),
                sentiment="neg", sentiment_score=-0.5, sentiment_confidence=0.9,
                intent="bug", intent_confidence=0.9, topic_id=topic.id,
            )  # fmt: skip
            session.add(unit)
            session.flush()
            units.append(unit.id or 0)
            session.add(Evidence(request_id=request.id or 0, unit_id=unit.id or 0))
        session.add(
            Notice(
                request_id=request.id or 0, feedback_id=hers[0], reporter_status="planned",
                person_key=key_of(database, "阿满", session), created_at=NOW,
            )
        )  # fmt: skip
        topic.quote_unit_ids = units
        session.add(
            TopicEvent(
                topic_id=topic.id or 0, kind="moved", happened_at=NOW,
                detail={"units": [[unit, topic.id] for unit in units]},
            )
        )  # fmt: skip
        quotes = [
            {"unit_id": units[n], "feedback_id": hers[0] + n, "text": words}
            for n, words in enumerate((*RARE, OTHERS))
        ]
        payload = {"topics": [{"name": "包装", "quotes": quotes, "best": quotes[0]}]}
        session.add(Digest(week="2026-W46", payload=payload, created_at=NOW))
    return database


def key_of(database: Database, author: str, session: Any = None) -> str:
    from feedback_nlp.clean import Pseudonymizer

    del database, session
    return Pseudonymizer(SECRET.encode()).author_key(author)


def feedback_of_author(database: Database, author: str) -> list[int]:
    with database.read() as session:
        return feedback_of(session, key_of(database, author))


def everything(database: Database) -> bytes:
    """Return a full dump, and of SQLite the very bytes of its files besides."""
    dump = []
    with database.read() as session:
        for table in inspect(session.get_bind()).get_table_names():
            if not table.startswith("feedback_search_"):
                dump += [
                    str(tuple(row)) for row in session.execute(text(f'SELECT * FROM "{table}"'))
                ]
    content = in_letters("\n".join(dump)).encode()
    if database.is_sqlite:
        for suffix in ("", "-wal", "-shm"):
            path = Path(f"{database.url.database}{suffix}")
            content += path.read_bytes() if path.exists() else b""
    return content


def traces(database: Database) -> list[bytes]:
    """Return what must not be left of her: key, texts, words of the index."""
    found = [key_of(database, "阿满"), "hers-0", "hers-1", RARE[1], "鼋鼍", "脱线"]
    found += [token for token in index_tokens("鼋鼍") if len(token) > 4]
    return [one.encode() for one in found]


def left(content: bytes, of: list[bytes]) -> list[bytes]:
    return [one for one in of if one in content]


def test_nothing_of_an_erased_person_is_left(filled: Database) -> None:
    of = traces(filled)
    assert left(everything(filled), of), "the test sees what is to go"
    report = erase_person(filled, key_of(filled, "阿满"), actor="林晓", now=NOW, reason="本人要求")
    assert report.log_emptied
    assert report.counts == {
        "feedback": 2, "unit": 2, "evidence": 2, "notice": 1, "rejected_row": 1,
    }  # fmt: skip
    assert left(everything(filled), of) == []
    if filled.is_sqlite:
        filled.dispose()
        assert left(everything(filled), of) == []


def test_others_keep_theirs(filled: Database) -> None:
    erase_person(filled, key_of(filled, "阿满"), actor="林晓", now=NOW)
    with filled.read() as session:
        dup = session.exec(select(Feedback).where(Feedback.source_key == "dup")).one()
        assert (dup.text, dup.duplicate_of) == (RARE[0], None)
        assert session.scalar(select(func.count()).select_from(Feedback)) == 301
        assert feedback_count(session, FeedbackFilter(query=OTHERS)) == 300
        assert feedback_count(session, FeedbackFilter(query=RARE[0])) == 1
        assert feedback_count(session, FeedbackFilter(query=RARE[1])) == 0
        (digest,) = session.exec(select(Digest)).all()
        (topic,) = digest.payload["topics"]
        assert [quote["text"] for quote in topic["quotes"]] == [OTHERS]
        assert topic["best"] is None
        (event,) = session.exec(select(TopicEvent)).all()
        assert len(event.detail["units"]) == 3
        assert session.exec(select(RejectedRow)).all() == []
    if filled.is_sqlite:
        with filled.read() as session:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_an_erasure_is_on_record_and_says_nothing_of_whom(filled: Database) -> None:
    erase_person(filled, key_of(filled, "阿满"), actor="林晓", now=NOW, reason="本人要求")
    with filled.read() as session:
        (row,) = session.exec(select(Erasure)).all()
    assert (row.kind, row.actor, row.reason, row.erased_at) == ("person", "林晓", "本人要求", NOW)
    assert row.counts["feedback"] == 2
    with pytest.raises(NotFound):
        erase_person(filled, key_of(filled, "阿满"), actor="林晓", now=NOW)


def test_a_person_gets_everything_that_is_stored(filled: Database) -> None:
    assert author_key(filled, " 阿满 ", secret=SECRET) == key_of(filled, "阿满")
    found = export_person(filled, key_of(filled, "阿满"))
    assert {name: len(rows) for name, rows in found.items()} == {
        "evidence": 2, "feedback": 2, "notice": 1, "unit": 2,
    }  # fmt: skip
    assert {row["text"] for row in found["feedback"]} == set(RARE)
    with pytest.raises(NotFound):
        export_person(filled, "0" * 32)
    with pytest.raises(InputError):
        checked_key("阿满")


@pytest.fixture
def run(filled: Database, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FEEDBACK_SECRET", SECRET)
    url = filled.url.render_as_string(hide_password=False)

    def call(*arguments: str) -> object:
        monkeypatch.setattr(sys, "argv", ["feedback-nlp", *arguments, "--db", url])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code

    return call


def test_nothing_is_left_in_a_folder_of_exports(
    filled: Database, run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "exports"
    (folder / "deep").mkdir(parents=True)
    for name in ("f.csv", "f.tsv", "f.jsonl", "f.jsonl.gz", "f.parquet", "f.xlsx"):
        for what in ("feedback", "units"):
            assert run("export", what, "-o", str(folder / "deep" / f"{what}-{name}")) == 0
    (folder / "week.html").write_text(f"<p>{RARE[1]}</p>", encoding="utf-8")
    (folder / "quiet.html").write_text(f"<p>{OTHERS}</p>", encoding="utf-8")
    (folder / "note.md").write_text("很好", encoding="utf-8")
    labelled = [{"text": RARE[1], "sentiment": "neg"}, {"text": OTHERS, "sentiment": "neg"}]
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in labelled)
    (folder / "labelled.jsonl").write_text(lines, encoding="utf-8")
    if filled.is_sqlite:
        back_up(filled, folder / "copy.db")
    of = traces(filled)
    arguments = ["person", "erase", "--author", "阿满", "--exports", str(folder), "-y", "--json"]
    capsys.readouterr()
    assert run(*arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["left"] == {}
    assert {Path(name).name for name in said["removed"]} == {
        "week.html", "feedback-f.xlsx", "units-f.xlsx",
    }  # fmt: skip
    assert said["rows"][str(folder / "deep" / "units-f.csv")] == 2
    assert (folder / "quiet.html").exists()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            content += gzip.decompress(content) if path.suffix == ".gz" else b""
            assert left(content, of) == [], path
    kept = (folder / "deep" / "feedback-f.csv").read_text(encoding="utf-8-sig")
    assert len(kept.splitlines()) == 302
    assert (folder / "labelled.jsonl").read_text(encoding="utf-8").count("\n") == 1


def test_a_person_is_named_in_one_way(run: Any, tmp_path: Path) -> None:
    assert run("person", "export") == 2
    assert run("person", "export", "--author", "a", "--author-key", "0" * 32) == 2
    assert run("person", "export", "--author", "没有这个人") == 3
    assert run("person", "export", "--author", "阿满", "-o", str(tmp_path / "x.json")) == 0
    assert len(json.loads((tmp_path / "x.json").read_text())["feedback"]) == 2
    assert (tmp_path / "x.json").stat().st_mode & 0o777 == 0o600


def test_what_is_kept_as_long_as_it_may_goes(filled: Database) -> None:
    old = [RawItem(1, "old", RARE[1], author="阿满", occurred_at=NOW - timedelta(days=40))]
    ingest_items(filled, old, source="微博", now=NOW, secret=SECRET)
    assert erase_overdue(filled, now=NOW) == {}
    set_retention(filled, "微博", days=30, purpose="改进产品")
    by_name = {row.source: row for row in kept(filled, now=NOW)}
    assert (by_name["微博"].overdue, by_name["微博"].purpose) == (1, "改进产品")
    assert (by_name["问卷"].overdue, by_name["问卷"].days) == (0, None)
    assert erase_overdue(filled, now=NOW) == {"微博": 1}
    assert erase_overdue(filled, now=NOW) == {}
    assert {row.source: row.feedback for row in kept(filled, now=NOW)} == {"问卷": 303, "微博": 0}
    with filled.read() as session:
        (row,) = session.exec(select(Erasure)).all()
    assert (row.kind, row.subject, row.counts) == ("retention", "微博", {"feedback": 1})
    with pytest.raises(NotFound):
        set_retention(filled, "没有", days=1)
    with pytest.raises(InputError):
        set_retention(filled, "微博", days=0)


def test_retention_by_command(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("retention", "set", "问卷") == 2
    assert run("retention", "set", "问卷", "--days", "1", "--purpose", "周报") == 0
    capsys.readouterr()
    assert run("retention", "report") == 0
    said = capsys.readouterr().out
    assert "保存 1 天" in said
    assert "周报" in said
    assert run("retention", "run") == 0
    assert run("retention", "set", "问卷", "--forever") == 0
