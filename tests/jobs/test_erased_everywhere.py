"""One person, in every place that holds anything of anybody: after an erasure nothing is found."""

from __future__ import annotations

import base64
import gzip
import io
import json
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import inspect, text
from sqlmodel import select

from feedback_nlp.clean import Pseudonymizer
from feedback_nlp.cli.app import main
from feedback_nlp.config import load_config
from feedback_nlp.inlets.config import Inlet, read_inlets
from feedback_nlp.inlets.records import Malformed
from feedback_nlp.jobs.deliver import Deliverer, Withdrawn
from feedback_nlp.jobs.delivering import causes_of
from feedback_nlp.jobs.digest import write_digest
from feedback_nlp.jobs.receive import receive
from feedback_nlp.jobs.retention import erase_overdue, set_retention
from feedback_nlp.jobs.send_digest import send_digest
from feedback_nlp.outlets.config import read_outlets
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.backup import back_up
from feedback_nlp.store.inlet_tables import InletEvent, InletRecord
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.reply_table import StoredReply
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit, Notice, Run, Topic
from tests.jobs.test_contacts import ADDRESS, FILE, NOW, SECRET, ZONE, Team
from tests.outlets.mail_server import mail_server
from tests.stored_letters import in_letters

WORDS = "鼋鼍图标点了没反应，导出表格也失败"
HERS = {"id": "hers-r1", "text": WORDS, "who": "u-77", "mail": ADDRESS, "agree": "是"}
OTHER = {"id": "other-1", "text": "同步太慢了，等了十分钟", "who": "u-88"}
TRACES = ("hers-r1", "u-77", WORDS, "鼋鼍", "mango", ADDRESS)
_CHAT = """
[outlets.chat]
channel = "wecom"
url = "https://example.test/robot"
[outlets.mail]
channel = "email"
host = "127.0.0.1"
security = "none"
from = "team@example.test"
to = ["ops@example.test"]
"""


@pytest.fixture(scope="module")
def inlet() -> Inlet:
    return read_inlets(FILE.format(token="t" * 24), environment={}).by_name["form"]


def push(database: Database, inlet: Inlet, said: dict[str, Any]) -> str:
    body = json.dumps({"at": "2026-11-11 10:00:00", **said}, ensure_ascii=False).encode()
    return receive(
        database, inlet, body, {}, zone=ZONE, now=NOW, secret=SECRET, keep_contacts=True
    ).outcome


@pytest.fixture
def filled(database: Database, inlet: Inlet, tmp_path: Path) -> Database:
    """Pushes, an unreadable push, a request, a letter, digests stored, owed and in files."""
    assert push(database, inlet, HERS) == "stored"
    assert push(database, inlet, OTHER) == "stored"
    unread = json.dumps({"text": WORDS}, ensure_ascii=False).encode()
    with pytest.raises(Malformed):
        receive(database, inlet, unread, {}, zone=ZONE, now=NOW, secret=SECRET)
    with mail_server() as box:
        team = Team(database, box)
        assert team.owe() == {"queued": 1, "没有留下能用的邮箱": 1}
    with database.write() as session:
        run = Run(kind="analyze", status="complete", started_at=NOW, finished_at=NOW)
        topic = Topic(name="导出表格", kind="issue")
        session.add_all([run, topic])
        session.flush()
        for unit in session.scalars(select(FeedbackUnit)).all():
            unit.topic_id = topic.id
            topic.quote_unit_ids = [*topic.quote_unit_ids, unit.id or 0]
            session.add(unit)
        session.add(
            StoredReply(
                key_hash="k", body_hash="b", status=200, started_at=NOW,
                body=json.dumps({"text": WORDS}, ensure_ascii=False).encode(),
            )
        )  # fmt: skip
    outlets, later = read_outlets(_CHAT, environment={}), NOW + timedelta(days=7)
    send_digest(
        database, load_config(), outlets, ["chat", "mail"], zone=ZONE, now=later, week="2026-W47"
    )
    folder = tmp_path / "digests"
    folder.mkdir()
    files = [folder / f"week.{suffix}" for suffix in ("html", "md", "xlsx", "json")]
    write_digest(database, load_config(), files, zone=ZONE, now=later, week="2026-W47")
    if database.is_sqlite:
        (tmp_path / "backups").mkdir()
        back_up(database, tmp_path / "backups" / "copy.db")
    return database


def everything(database: Database, folder: Path) -> bytes:
    """Return all tables, the bytes of SQLite's files, and all files of a folder, unpacked."""
    found: list[bytes] = []
    with database.read() as session:
        for name in inspect(session.get_bind()).get_table_names():
            rows = session.execute(text(f'SELECT * FROM "{name}"'))
            found += [in_letters(str(tuple(row))).encode() for row in rows]
    paths = [path for path in folder.rglob("*") if path.is_file()]
    if database.is_sqlite:
        file = Path(str(database.url.database))
        paths += file.parent.glob(f"{file.name}*")
    for path in paths:
        found.append(path.read_bytes())
        if path.suffix == ".gz":
            found.append(gzip.decompress(found[-1]))
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                found += [packed.read(name) for name in packed.namelist()]
    return b"\n".join(found)


def sent_digests(database: Database, zone: ZoneInfo) -> list[list[str]]:
    """Deliver what waits by mail; return the names of the files in each letter, which name nobody."""
    with mail_server() as box:
        table = _CHAT.replace('host = "127.0.0.1"', f'host = "127.0.0.1"\nport = {box.port}')
        senders = {"mail": read_outlets(table, environment={}).sender("mail")}
        url = database.url.render_as_string(hide_password=False)
        causes = causes_of(Settings(database_url=url, secret=SECRET, timezone=str(zone)), senders)
        later = NOW + timedelta(days=7)
        Deliverer(database, senders, now=lambda: later, causes=causes).run()
        found = []
        for letter in box.messages:
            files = list(letter.iter_attachments())
            for file in files:
                with zipfile.ZipFile(io.BytesIO(file.get_content())) as book:
                    content = b"".join(book.read(name) for name in book.namelist())
                assert left(content) == []
                assert "同步太慢".encode() in content
            assert left(letter.get_body(("html",)).get_content().encode()) == []
            found.append([file.get_filename() or "" for file in files])
        return found


def left(content: bytes) -> list[str]:
    key = Pseudonymizer(SECRET.encode()).author_key("u-77")
    return [one for one in (*TRACES, key) if one.encode() in content]


def test_nothing_of_a_person_is_found_in_any_table_or_file(
    filled: Database,
    inlet: Inlet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = left(everything(filled, tmp_path))
    assert set(before) >= {"hers-r1", WORDS, "鼋鼍"}, "the test sees what is to go"
    monkeypatch.setenv("FEEDBACK_SECRET", SECRET)
    monkeypatch.setenv("FEEDBACK_DIGEST_FOLDER", str(tmp_path / "digests"))
    url = filled.url.render_as_string(hide_password=False)
    exports = ["--exports", str(tmp_path / "backups")] if filled.is_sqlite else []
    command = ["person", "erase", "--author", "u-77", *exports, "--yes", "--json", "--db", url]
    monkeypatch.setattr(sys, "argv", ["feedback-nlp", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    told = json.loads(capsys.readouterr().out)
    assert told["left"] == {}
    assert "week.xlsx" in {Path(name).name for name in told["removed"]}
    counts = told["counts"]
    assert {name: counts[name] for name in ("contact", "notice", "inlet_event")} == {
        "contact": 1, "notice": 1, "inlet_event": 2,
    }  # fmt: skip
    assert counts["outbox"] >= 2
    assert counts["stored_reply"] == 1
    assert left(everything(filled, tmp_path)) == []


def test_others_keep_theirs_and_a_repeated_push_brings_nobody_back(
    filled: Database, inlet: Inlet
) -> None:
    from feedback_nlp.jobs.people import erase_person

    erase_person(filled, Pseudonymizer(SECRET.encode()).author_key("u-77"), actor="x", now=NOW)
    with filled.read() as session:
        assert [row.text for row in session.scalars(select(Feedback))] == [OTHER["text"]]
        assert len(session.scalars(select(Evidence)).all()) == 1
        assert len(session.scalars(select(Notice)).all()) == 1
        bodies = [row.body for row in session.scalars(select(InletEvent))]
        assert sum(body is not None for body in bodies) == 1
    assert sent_digests(filled, ZONE) == [["用户反馈-2026-W47.xlsx"]]
    assert push(filled, inlet, HERS) == "duplicate"
    assert push(filled, inlet, {**HERS, "at": "2026-11-12 10:00:00"}) == "outdated"
    assert push(filled, inlet, {**OTHER, "at": "2026-11-12 10:00:00"}) == "unchanged"
    assert left(everything(filled, Path("/nonexistent"))) == []


def test_a_deletion_by_the_sender_and_the_end_of_the_term_reach_the_raw_events(
    filled: Database, inlet: Inlet
) -> None:
    removed = {"id": "hers-r1", "event": "removed", "at": "2026-11-12 10:00:00"}
    assert push(filled, inlet, removed) == "deleted"
    with filled.read() as session:
        events = [str(row.model_dump()) for row in session.scalars(select(InletEvent))]
        records = [row.record_key for row in session.scalars(select(InletRecord))]
    assert not any("hers-r1" in event for event in events)
    assert [key.startswith("gone-") for key in sorted(records)] == [True, False]
    set_retention(filled, "反馈表", days=1)
    assert erase_overdue(filled, now=NOW + timedelta(days=30)) == {"反馈表": 1}
    with filled.read() as session:
        bodies = [str(row.body) for row in session.scalars(select(InletEvent))]
    assert not any("同步太慢" in body for body in bodies)


def test_a_part_made_anew_reads_as_it_is_now_each_time(filled: Database, inlet: Inlet) -> None:
    """A sender's deletion between two parts is on no record of erasures, and reaches the second."""
    from feedback_nlp.jobs.people import erase_person

    erase_person(filled, Pseudonymizer(SECRET.encode()).author_key("u-88"), actor="x", now=NOW)
    senders = {"mail": read_outlets(_CHAT, environment={}).sender("mail")}
    url = filled.url.render_as_string(hide_password=False)
    cause = causes_of(Settings(database_url=url, secret=SECRET, timezone=str(ZONE)), senders)

    def part() -> list[str]:
        with filled.read() as session:
            waiting = select(OutboxRow).where(OutboxRow.outlet == "mail")
            row = next(row for row in session.scalars(waiting) if row.kind == "digest")
            (book,) = cause["digest"].part(session, row)["attachments"]
        content = next(value for value in book.values() if len(value) > 1_000)
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(content))) as packed:
            return left(b"".join(packed.read(name) for name in packed.namelist()))

    assert "鼋鼍" in part()
    assert (
        push(filled, inlet, {"id": "hers-r1", "event": "removed", "at": "2026-11-12"}) == "deleted"
    )
    with pytest.raises(Withdrawn):  # nobody is left of whom the week could tell
        part()
