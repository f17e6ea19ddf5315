"""Addresses of people: with consent, sealed, used for one purpose, and gone when they say so."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import inspect, text
from sqlmodel import col, select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.cli.app import main
from feedback_nlp.errors import ConfigError, InputError
from feedback_nlp.ingest import Choices
from feedback_nlp.inlets.config import Inlet, read_inlets
from feedback_nlp.jobs.deliver import Deliverer
from feedback_nlp.jobs.delivering import causes_of
from feedback_nlp.jobs.ingest import IngestReport, ingest_file
from feedback_nlp.jobs.notices import preview_notices, send_notices
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.jobs.people import erase_person, export_person
from feedback_nlp.jobs.receive import Received, receive
from feedback_nlp.labels import RequestStatus
from feedback_nlp.outlets.config import read_outlets
from feedback_nlp.outlets.records import Block, Message
from feedback_nlp.requests.moving import apply_transition, create_request
from feedback_nlp.requests.notice_list import refuse_person
from feedback_nlp.requests.notice_words import set_route
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.contact_table import Contact
from feedback_nlp.store.contacts import Sealer, address_of, is_address
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit, Notice, NoticeRefusal
from tests.outlets.mail_server import Mailbox, mail_server
from tests.stored_letters import in_letters

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)
SECRET = "测试用的密钥"
ADDRESS = "a.man+reply@mango.example"
PUBLIC = "https://feedback.example.test"
FILE = """
[inlets.form]
connector = "generic"
source = "反馈表"
token = "{token}"
contact = "mail"
consent = "agree"
[inlets.form.mapping]
text = "text"
source_key = "id"
author = "who"
version = "at"
action = "event"
deleted = ["removed"]
"""


@pytest.fixture(scope="module")
def inlet() -> Inlet:
    return read_inlets(FILE.format(token="t" * 24), environment={}).by_name["form"]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def settings_of(database: Database) -> Settings:
    url = database.url.render_as_string(hide_password=False)
    return Settings(database_url=url, secret=SECRET, public_url=PUBLIC, keep_contacts=True)


def push(database: Database, inlet: Inlet, *, keep: bool = True, **said: Any) -> Received:
    body = {"id": "r1", "text": "导出表格总是失败", "who": "u-77", "mail": ADDRESS, "agree": "同意"}
    body |= {"at": "2026-11-16 10:00:00", **said}
    return receive(
        database,
        inlet,
        json.dumps({key: value for key, value in body.items() if value is not None}).encode(),
        {},
        zone=ZONE,
        now=NOW,
        secret=SECRET,
        keep_contacts=keep,
    )


def contacts(database: Database) -> list[Contact]:
    with database.read() as session:
        return list(session.exec(select(Contact)))


def dump(database: Database) -> str:
    with database.read() as session:
        names = inspect(session.get_bind()).get_table_names()
        rows = [
            str(row) for name in names for row in session.execute(text(f'SELECT * FROM "{name}"'))
        ]
    return in_letters("\n".join(rows))


class Team:
    """A request that the person stands behind, answered by mail."""

    def __init__(self, database: Database, box: Mailbox) -> None:
        self.database, self.now = database, NOW + timedelta(hours=1)
        self.outlets = read_outlets(
            f'[outlets.mail]\nchannel = "email"\nhost = "127.0.0.1"\nport = {box.port}\n'
            'security = "none"\nfrom = "反馈组 <team@example.test>"\nto = ["ops@example.test"]\n',
            environment={},
        )
        with database.write() as session:
            set_route(session, "反馈表", "mail")
            request = create_request(session, title="导出表格", intent="bug", now=NOW, actor="林晓")
            self.key = request.key
            for feedback in session.scalars(select(Feedback)).all():
                unit = FeedbackUnit(
                    feedback_id=feedback.id or 0, position=0, start=0, end=len(feedback.text),
                    sentiment="neg", sentiment_score=-1.0, sentiment_confidence=1.0,
                    intent="bug", intent_confidence=1.0,
                )  # fmt: skip
                session.add(unit)
                session.flush()
                session.add(
                    Evidence(request_id=request.id or 0, unit_id=unit.id or 0, added_by="林晓")
                )
            session.flush()
            apply_transition(session, self.key, RequestStatus.PLANNED, actor="林晓", now=self.now)

    def owe(self) -> dict[str, int]:
        with self.database.write() as session:
            done = send_notices(session, self.key, self.outlets, zone=ZONE, now=self.now)
        return {"queued": done.queued, **done.unreachable}

    def deliver(self) -> dict[str, int]:
        causes = causes_of(settings_of(self.database))
        senders = self.outlets.senders
        return dict(Deliverer(self.database, senders, now=lambda: self.now, causes=causes).run())

    def notice(self) -> Notice:
        with self.database.read() as session:
            return session.exec(select(Notice)).one()


def test_a_letter_reaches_who_agreed_and_no_address_lies_in_clear(
    database: Database, inlet: Inlet, box: Mailbox
) -> None:
    assert push(database, inlet).dropped == ()
    team = Team(database, box)
    with database.read() as session:
        seen = preview_notices(session, team.key, team.outlets, zone=ZONE)
    assert (seen.reachable, seen.unreachable) == (1, {})
    assert team.owe() == {"queued": 1}
    with database.read() as session:
        row = session.exec(select(OutboxRow)).one()
    assert "导出表格" in row.payload["text"]
    stored = dump(database)
    if database.url.get_backend_name() == "sqlite":
        file = Path(str(database.url.database))
        files = file.parent.glob(f"{file.name}*")  # the log beside it, too
        stored += "".join(path.read_bytes().decode("latin-1") for path in files)
    assert ADDRESS not in stored
    assert "mango" not in stored
    assert team.deliver() == {"sent": 1}
    assert box.recipients == [ADDRESS]
    (mail,) = box.messages
    assert mail["Subject"] == "您反馈的“导出表格”：已计划"
    assert mail["To"] == ADDRESS
    body = mail.get_content()
    assert body.startswith("您好，您 11 月 16 日 反馈的“导出表格”已列入计划")
    link = mail["List-Unsubscribe"].strip("<>")
    assert link.startswith(f"{PUBLIC}/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in body.replace("=\n", "")
    assert team.notice().status == "sent"
    assert (team.owe(), team.deliver()) == ({"queued": 0}, {}), "nobody is told twice"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"agree": "不同意"}, "对方没有同意"),
        ({"agree": None}, "对方没有同意"),
        ({"agree": False}, "对方没有同意"),
        ({"mail": "微信 mango77"}, "不是邮箱地址"),
        ({"mail": "a@b.example\r\nBcc: c@d.example"}, "不是邮箱地址"),
        ({"who": None}, "不知道是谁写的"),
        ({"keep": False}, "没有开启 FEEDBACK_KEEP_CONTACTS"),
    ],
)
def test_what_is_not_kept_is_said(
    database: Database, inlet: Inlet, said: dict[str, Any], why: str
) -> None:
    assert push(database, inlet, **said).dropped == (f"联系方式（{why}）",)
    assert contacts(database) == []
    assert "mango" not in dump(database)


def test_without_an_address_there_is_nothing_to_say(database: Database, inlet: Inlet) -> None:
    assert push(database, inlet, mail=None).dropped == ()
    assert contacts(database) == []


@pytest.mark.parametrize("change", [{"agree": "否"}, {"mail": None}, {"event": "removed"}])
def test_an_update_or_a_deletion_takes_the_address_back(
    database: Database, inlet: Inlet, box: Mailbox, change: dict[str, Any]
) -> None:
    push(database, inlet)
    team = Team(database, box)
    team.owe()
    push(database, inlet, at="2026-11-16 11:00:00", **change)
    assert contacts(database) == []
    assert team.deliver() == {"cancelled": 1}
    assert box.recipients == []


def test_a_new_address_replaces_the_old_one(database: Database, inlet: Inlet) -> None:
    push(database, inlet)
    push(database, inlet, at="2026-11-16 11:00:00", mail="new@mango.example")
    with database.write() as session:
        kept = session.exec(select(Contact)).one()
        person = kept.person_key
        sealer = Sealer(SECRET.encode())
        assert address_of(session, person, sealer) == "new@mango.example"
        assert address_of(session, person, Sealer(b"another")) is None
        kept.person_key = "0" * 32
        session.add(kept)
        session.flush()
        assert address_of(session, "0" * 32, sealer) is None, "a moved row opens no more"


def owing(database: Database, inlet: Inlet, box: Mailbox) -> tuple[Team, Contact]:
    """Let one person ask and be owed a letter; return the team and their contact."""
    push(database, inlet)
    team = Team(database, box)
    team.owe()
    (kept,) = contacts(database)
    return team, kept


def test_whoever_left_no_address_cannot_be_written_to(
    database: Database, inlet: Inlet, box: Mailbox
) -> None:
    push(database, inlet, mail=None)
    team = Team(database, box)
    assert team.owe() == {"queued": 0, "没有留下能用的邮箱": 1}
    assert team.notice().status == "unreachable"


def test_the_page_unsubscribes_by_its_button_alone(
    database: Database, inlet: Inlet, box: Mailbox
) -> None:
    team, kept = owing(database, inlet, box)
    path = f"/unsubscribe/{Sealer(SECRET.encode()).ticket(kept.person_key)}"
    settings = settings_of(database).model_copy(update={"require_keys": True})
    with TestClient(create_app(settings, now=lambda: NOW)) as client:
        assert "不再接收通知" in client.get(path).text
        assert len(contacts(database)) == 1, "mail scanners open links"
        foreign = f"/unsubscribe/{Sealer(b'another').ticket(kept.person_key)}"
        for wrong in (foreign, path[:-3] + "abc", "/unsubscribe/" + "x" * 40):
            assert client.post(wrong).status_code == 404
        assert len(contacts(database)) == 1
        for _ in range(2):  # a mail program clicks once, people twice
            answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, "已退订" in answer.text) == (200, True)
    assert contacts(database) == []
    with database.read() as session:
        assert [one.actor for one in session.exec(select(NoticeRefusal))] == ["本人"]
    assert team.deliver() == {"cancelled": 1}
    assert (team.notice().status, team.notice().reason) == ("unreachable", "对方已退订")
    assert push(database, inlet, id="r2", text="又想起一件事，导入也失败").dropped == (
        "联系方式（对方已退订）",
    )
    assert box.recipients == []


def test_whoever_is_erased_meanwhile_is_not_written_to(
    database: Database, inlet: Inlet, box: Mailbox
) -> None:
    team, kept = owing(database, inlet, box)
    erased = erase_person(database, kept.person_key, actor="x", now=NOW)
    assert erased.counts["contact"] == 1
    assert team.deliver() == {}, "it waits no more"
    assert (contacts(database), box.recipients) == ([], [])
    assert kept.person_key not in dump(database)


def test_without_a_public_address_the_way_out_is_an_answer(
    database: Database, inlet: Inlet, box: Mailbox
) -> None:
    push(database, inlet)
    team = Team(database, box)
    team.owe()
    causes = causes_of(settings_of(database).model_copy(update={"public_url": ""}))
    Deliverer(database, team.outlets.senders, now=lambda: team.now, causes=causes).run()
    (mail,) = box.messages
    assert mail["List-Unsubscribe"].startswith("<mailto:team@example.test?subject=")
    assert "请回复“退订”" in mail.get_content()


def test_letters_to_the_team_have_no_way_out(
    database: Database, inlet: Inlet, box: Mailbox
) -> None:
    push(database, inlet)
    team = Team(database, box)
    sender = team.outlets.sender("mail")
    (part,) = sender.parts(Message("周报", [Block("text", "本周")]), now=NOW)
    sender.send(part, key="k", now=NOW.timestamp())
    assert box.messages[0]["List-Unsubscribe"] is None


def test_addresses_can_be_counted_and_deleted_by_a_command(
    database: Database,
    inlet: Inlet,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    push(database, inlet)
    url = database.url.render_as_string(hide_password=False)

    def run(*arguments: str) -> str:
        monkeypatch.setattr(
            sys, "argv", ["feedback-nlp", "notices", "contacts", *arguments, "--db", url]
        )
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    told = run()
    assert told.strip() == "反馈表：1 人留了邮箱"
    assert "已删除 1 个地址" in run("--forget", "--yes")
    assert contacts(database) == []
    assert "没有保存任何邮箱地址" in run()


@pytest.mark.parametrize("wrong", ["", "@b.example", "a@b", "a b@c.example", "甲@b.example", "a@b.example,c@d.example", "A <a@b.example>", "x" * 260 + "@b.example"])  # fmt: skip
def test_only_one_plain_address_is_one(wrong: str) -> None:
    assert not is_address(wrong)
    assert is_address(ADDRESS)


@pytest.mark.parametrize("line", ['contact = "mail"', 'consent = "always"'])
def test_an_address_is_never_asked_for_without_consent(line: str) -> None:
    table = FILE.format(token="t" * 24).replace('contact = "mail"\nconsent = "agree"', line)
    with pytest.raises(ConfigError, match="一起写"):
        read_inlets(table, environment={})


def test_a_form_that_is_for_answers_needs_no_field_of_consent(database: Database) -> None:
    table = FILE.format(token="t" * 24).replace('"agree"', '"always"')
    always = read_inlets(table, environment={}).by_name["form"]
    assert push(database, always, agree=None).dropped == ()
    assert len(contacts(database)) == 1


def test_the_latest_address_of_a_person_is_used(database: Database, inlet: Inlet) -> None:
    push(database, inlet)
    push(database, inlet, id="r2", text="导入也失败了", mail="second@mango.example")
    with database.write() as session:
        person = session.exec(select(Contact).order_by(col(Contact.id))).first().person_key
        assert address_of(session, person, Sealer(SECRET.encode())) == "second@mango.example"
        refuse_person(session, person, actor="x", now=NOW)
    assert contacts(database) == []


def test_a_person_is_given_their_address_back(database: Database, inlet: Inlet) -> None:
    push(database, inlet)
    person = contacts(database)[0].person_key
    (row,) = export_person(database, person, secret=SECRET)["contact"]
    assert row["address"] == ADDRESS
    assert "sealed" not in row


SHEET = """编号,内容,昵称,联系邮箱,愿意回访,时间
k-1,导出表格总是失败,小王,{address},是,2026-11-16 10:00
k-2,同步太慢了等了十分钟,小李,li@mango.example,否,2026-11-16 11:00
k-3,登录不上去一直转圈,,solo@mango.example,同意,2026-11-16 11:30
k-4,希望有夜间模式,小赵,别问 mango,是,2026-11-16 11:40
k-5,,小孙,sun@mango.example,是,2026-11-16 11:45
k-6,打开就闪退,小钱,,是,2026-11-16 11:50
"""


def take(database: Database, folder: Path, table: str = SHEET, **said: Any) -> IngestReport:
    said = {"contact": "联系邮箱", "consent": "愿意回访", "keep": True, **said}
    path = folder / "sheet.csv"
    path.write_text(table.format(address=ADDRESS), encoding="utf-8")
    return ingest_file(
        database,
        path,
        IngestOptions(
            source="反馈表",
            zone=ZONE,
            secret=SECRET,
            mapping={"source_key": "编号"} if table.startswith("编号") else {},
            choices=Choices(contact=said["contact"], consent=said["consent"]),
            keep_contacts=said["keep"],
        ),
        now=lambda: NOW,
    )


def test_a_column_that_a_person_names_is_kept_as_addresses_of_a_push_are(
    database: Database, tmp_path: Path, box: Mailbox
) -> None:
    report = take(database, tmp_path)
    assert report.accepted == 5
    assert list(report.notes[-2:]) == [
        "联系邮箱存下 2 个（加密，只用于通知）；没有存 2 个：对方没有同意 1、不是邮箱地址 1",
        "其中 1 条没有写是谁的，按联系邮箱认人（只存哈希）",
    ]
    stored = dump(database)
    if database.is_sqlite:
        file = Path(str(database.url.database))
        stored += "".join(
            path.read_bytes().decode("latin-1") for path in file.parent.glob(f"{file.name}*")
        )
    assert "mango" not in stored
    team = Team(database, box)
    assert team.owe() == {"queued": 2, "没有留下能用的邮箱": 3}
    assert team.deliver() == {"sent": 2}
    assert sorted(box.recipients) == sorted([ADDRESS, "solo@mango.example"])


def test_reading_a_file_again_adds_addresses_and_takes_them_back(
    database: Database, tmp_path: Path
) -> None:
    take(database, tmp_path, contact="", consent="")
    assert contacts(database) == []
    assert take(database, tmp_path).accepted == 0
    assert len(contacts(database)) == 1, "whose author the stored row names"
    take(database, tmp_path, SHEET.replace(",是,", ",不再愿意,"))
    assert contacts(database) == []


def test_a_survey_may_hold_addresses_too(database: Database, tmp_path: Path) -> None:
    table = (
        "序号,提交答卷时间,所用时间,来源,来源详情,来自IP,1、你的邮箱,2、还有什么建议\n"
        f"1,2026/11/16 9:00:00,30秒,微信,无,1.2.3.4,{ADDRESS},导出表格总是失败\n"
    )
    report = take(database, tmp_path, table, contact="1、你的邮箱", consent="always")
    assert (report.layout, report.accepted, len(contacts(database))) == ("wjx", 1, 1)
    assert "mango" not in dump(database)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"keep": False}, "没有开启 FEEDBACK_KEEP_CONTACTS"),
        ({"consent": ""}, "要一起写"),
        ({"contact": "邮箱地址"}, "没有列"),
        ({"consent": "同意吗"}, "没有列"),
    ],
)
def test_a_column_of_addresses_is_refused_before_anything_is_stored(
    database: Database, tmp_path: Path, said: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        take(database, tmp_path, **said)
    with database.read() as session:
        assert session.exec(select(Feedback)).all() == []
