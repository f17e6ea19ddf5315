from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from feedback_nlp.access import Caller, Scope, acting, keys, recording
from feedback_nlp.access.audit import AuditFilter, audit_page
from feedback_nlp.access.caller import Via
from feedback_nlp.access.keyring import KeyRing
from feedback_nlp.access.scopes import expanded, parse_scopes
from feedback_nlp.access.tokens import looks_like_a_token, make_token, token_hash
from feedback_nlp.editing import Edit, topic_edits, word_edits
from feedback_nlp.errors import Conflict, InputError, NotFound, StoreError
from feedback_nlp.store import Database
from feedback_nlp.store.access_tables import ApiKey, AuditEvent
from feedback_nlp.store.tables import Topic, TopicEvent

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW
        self.ticks = 0.0

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds


def _make(database: Database, name: str = "客服系统", **fields) -> keys.MadeKey:
    with database.write() as session:
        scopes = fields.pop("scopes", [Scope.READ])
        return keys.create_key(session, name, scopes, actor="林晓", now=NOW, **fields)


def _ring(database: Database, clock: Clock) -> KeyRing:
    return KeyRing(database, lambda: clock.now, lambda: clock.ticks)


def test_keys_are_random_and_recognisable() -> None:
    tokens = [make_token() for _ in range(50)]
    assert len({token.text for token in tokens}) == 50
    assert all(looks_like_a_token(token.text) for token in tokens)
    assert all(token.text.startswith(token.prefix + "_") for token in tokens)
    assert tokens[0].text not in repr(tokens[0])


@pytest.mark.parametrize("text", ["", "fnlp_x", "Bearer", "fnlp_abcdefgh_" + "短" * 43])
def test_other_texts_are_no_keys(text: str) -> None:
    assert not looks_like_a_token(text)


def test_only_the_hash_is_stored(database: Database) -> None:
    made = _make(database)
    with database.read() as session:
        (row,) = session.exec(select(ApiKey)).all()
        everything = str(row.model_dump())
    assert row.key_hash == token_hash(made.token)
    assert made.token.rsplit("_", 1)[-1] not in everything
    assert made.token.startswith(row.prefix)


def test_scopes_contain_others() -> None:
    assert expanded([Scope.WRITE]) == {Scope.WRITE, Scope.READ}
    assert expanded([Scope.INGEST]) == {Scope.INGEST}
    assert expanded([Scope.ADMIN]) == set(Scope)
    assert parse_scopes("ingest，read") == (Scope.READ, Scope.INGEST)


@pytest.mark.parametrize("text", ["", " , ", "root", "read,root"])
def test_unknown_scopes_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="权限"):
        parse_scopes(text)


def test_a_name_has_one_usable_key(database: Database) -> None:
    _make(database)
    with pytest.raises(Conflict, match="客服系统"):
        _make(database)
    with database.write() as session:
        keys.revoke_key(session, "客服系统", now=NOW)
    _make(database)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " "},
        {"name": "长" * 101},
        {"scopes": []},
        {"expires_at": NOW},
        {"source": "官网"},
    ],
)
def test_unusable_keys_are_not_made(database: Database, fields: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        _make(database, **fields)


def test_the_first_key_is_made_once(database: Database) -> None:
    with database.write() as session:
        made = keys.first_key(session, now=NOW)
    assert made is not None
    with database.write() as session:
        assert keys.first_key(session, now=NOW) is None
        keys.revoke_key(session, "admin", now=NOW)
    with database.write() as session:
        assert keys.first_key(session, now=NOW) is None


def test_a_ring_knows_who_holds_a_key(database: Database) -> None:
    made = _make(database, scopes=[Scope.WRITE, Scope.INGEST], source="官网")
    holder = _ring(database, Clock()).holder(made.token)
    assert holder is not None
    assert (holder.name, holder.source) == ("客服系统", "官网")
    assert holder.scopes == {Scope.WRITE, Scope.READ, Scope.INGEST}
    assert not holder.may(Scope.ADMIN)


def test_a_ring_refuses_what_it_does_not_know(database: Database) -> None:
    ring = _ring(database, Clock())
    assert ring.holder("nonsense") is None
    assert ring.holder(make_token().text) is None


def test_a_key_ends_with_its_expiry(database: Database) -> None:
    clock = Clock()
    made = _make(database, expires_at=NOW + timedelta(hours=1))
    ring = _ring(database, clock)
    assert ring.holder(made.token) is not None
    clock.move(3600)
    assert ring.holder(made.token) is None


def test_a_revoked_key_is_refused_within_seconds(database: Database) -> None:
    clock = Clock()
    made = _make(database)
    ring = _ring(database, clock)
    assert ring.holder(made.token) is not None
    with database.write() as session:
        keys.revoke_key(session, made.row.prefix, now=NOW)
    clock.move(2.1)
    assert ring.holder(made.token) is None
    assert ring.holder_of(made.row.id or 0) is None


def test_a_new_key_is_accepted_at_once(database: Database) -> None:
    clock = Clock()
    ring = _ring(database, clock)
    assert ring.holder(make_token().text) is None
    made = _make(database)
    clock.move(0.6)
    assert ring.holder(made.token) is not None


def test_rotation_keeps_the_rights_and_lets_the_old_key_go(database: Database) -> None:
    clock = Clock()
    old = _make(database, scopes=[Scope.INGEST], source="官网")
    with database.write() as session:
        new = keys.rotate_key(session, "客服系统", actor="林晓", now=NOW, grace=timedelta(hours=24))
    ring = _ring(database, clock)
    before, after = ring.holder(old.token), ring.holder(new.token)
    assert before is not None
    assert after is not None
    assert (after.scopes, after.source) == (before.scopes, "官网")
    clock.move(24 * 3600 + 1)
    assert ring.holder(old.token) is None
    assert ring.holder(new.token) is not None


def test_rotation_without_grace_ends_the_old_key(database: Database) -> None:
    old = _make(database)
    with database.write() as session:
        keys.rotate_key(session, "客服系统", actor="林晓", now=NOW)
    assert _ring(database, Clock()).holder(old.token) is None


def test_what_is_not_there_cannot_be_revoked_or_rotated(database: Database) -> None:
    with pytest.raises(NotFound), database.write() as session:
        keys.revoke_key(session, "没有", now=NOW)
    with pytest.raises(NotFound), database.write() as session:
        keys.rotate_key(session, "没有", actor="林晓", now=NOW)


def test_the_last_use_is_noted_once_a_minute(database: Database) -> None:
    clock = Clock()
    made = _make(database)
    ring = _ring(database, clock)
    for _ in range(5):
        ring.holder(made.token)
    assert ring.note_uses() == 1
    with database.read() as session:
        assert session.exec(select(ApiKey)).one().last_used_at == NOW
    clock.move(30)
    ring.holder(made.token)
    assert not ring.has_uses
    clock.move(31)
    ring.holder(made.token)
    assert ring.note_uses() == 1


def test_a_use_that_cannot_be_stored_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _make(database)
    ring = _ring(database, Clock())
    ring.holder(made.token)

    def refuse() -> None:
        raise StoreError("只读")

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", refuse)
        assert ring.note_uses() == 0
    assert ring.note_uses() == 1


def test_keys_leave_audit_lines_without_the_key(database: Database) -> None:
    made = _make(database)
    with database.write() as session:
        new = keys.rotate_key(session, "客服系统", actor="林晓", now=NOW)
        keys.revoke_key(session, "客服系统", now=NOW)
    with database.read() as session:
        lines = audit_page(session, AuditFilter(), limit=10)
    assert [line.action for line in lines] == ["key.revoke", "key.rotate", "key.create"]
    told = str([line.model_dump() for line in lines])
    assert made.token not in told
    assert new.token not in told


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET actor = '别人'", "DELETE FROM audit_event"],
)
def test_the_audit_trail_cannot_be_changed(database: Database, statement: str) -> None:
    _make(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(text(statement))
    with database.read() as session:
        assert [line.actor for line in session.exec(select(AuditEvent))] == ["程序"]


def test_edits_of_somebody_who_acts_are_recorded(database: Database) -> None:
    recording.watch()
    recording.watch()  # once is enough: no line comes twice
    caller = Caller("运营", Via.KEY, request_id="abc")
    with database.write() as session:
        topic = Topic(name="闪退")
        session.add(topic)
        session.flush()
        number = topic.id or 0
    with acting(caller), database.write() as session:
        topic_edits.rename(session, number, "王小明 13812345678 的闪退", Edit("林晓", NOW))
        word_edits.add(session, "闪退王", Edit("林晓", NOW))
    with database.read() as session:
        renamed, word = reversed(audit_page(session, AuditFilter(actor="运营"), limit=10))
    assert (renamed.action, renamed.subject) == ("topic.renamed", f"topic:{number}")
    assert (renamed.via, renamed.request_id) == ("key", "abc")
    assert renamed.detail["by"] == "林晓"
    assert renamed.detail["before"] == "闪退"
    assert "13812345678" not in str(renamed.detail)
    assert (word.action, word.subject) == ("word.add", "word:闪退王")


def test_what_the_engine_does_is_not_recorded(database: Database) -> None:
    recording.watch()
    with acting(Caller("运营", Via.KEY)), database.write() as session:
        topic = Topic(name="闪退")
        session.add(topic)
        session.flush()
        session.add(TopicEvent(topic_id=topic.id or 0, kind="born", happened_at=NOW))
    with database.write() as session:  # and nobody acts in a job
        topic_edits.rename(session, 1, "闪退了", Edit("林晓", NOW))
    with database.read() as session:
        assert audit_page(session, AuditFilter(), limit=10) == []


def test_a_failed_edit_leaves_no_line(database: Database) -> None:
    recording.watch()
    with database.write() as session:
        session.add(Topic(name="闪退"))
    with pytest.raises(RuntimeError), acting(Caller("运营", Via.KEY)), database.write() as session:
        topic_edits.rename(session, 1, "闪退了", Edit("林晓", NOW))
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert audit_page(session, AuditFilter(), limit=10) == []


def test_the_trail_is_filtered_and_paged(database: Database) -> None:
    with database.write() as session:
        for number in range(5):
            recording.record(session, "key.create", f"key:{number}", {}, now=NOW)
        recording.record(session, "key.revoke", "key:0", {"list": list(range(50))}, now=NOW)
    with database.read() as session:
        first = audit_page(session, AuditFilter(action="key.create"), limit=3)
        rest = audit_page(
            session, AuditFilter(action="key.create"), limit=3, before_id=first[-1].id
        )
        of_one = audit_page(session, AuditFilter(subject="key:0", since=NOW), limit=9)
        none = audit_page(session, AuditFilter(until=NOW), limit=9)
    assert [line.subject for line in first + rest] == [
        f"key:{number}" for number in (4, 3, 2, 1, 0)
    ]
    assert [line.action for line in of_one] == ["key.revoke", "key.create"]
    assert of_one[0].detail["list"][-1] == "… 50"
    assert none == []
