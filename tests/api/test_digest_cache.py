from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api.digest_cache import DigestCache
from feedback_nlp import pipeline
from feedback_nlp.errors import NotFound, StoreError
from feedback_nlp.store import Database
from feedback_nlp.store.erasing import erase_feedback
from feedback_nlp.store.rollup import refresh
from feedback_nlp.store.tables import Feedback, Run, Source, Topic

NOW = datetime(2026, 11, 18, tzinfo=UTC)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Weeks that were computed, in order."""
    weeks: list[str | None] = []
    compute = pipeline.tell_week

    def counted(*arguments, **options):
        weeks.append(options["week"])
        return compute(*arguments, **options)

    monkeypatch.setattr(pipeline, "tell_week", counted)
    return weeks


@pytest.fixture
def analysed(stored: Database) -> Database:
    with stored.write() as session:
        session.add(Run(kind="analyze", status="complete", started_at=NOW))
    refresh(stored)  # as the end of an analysis does
    return stored


@pytest.fixture
def elsewhere(database: Database) -> Iterator[Database]:
    """The same database as another process has it open."""
    other = Database(database.url.render_as_string(hide_password=False))
    yield other
    other.dispose()


def figures(client: TestClient, week: str = "latest") -> dict[str, Any]:
    return client.get(f"/v1/digests/{week}").json()


@pytest.mark.usefixtures("analysed")
def test_an_unchanged_week_is_computed_once_for_all_formats(
    client: TestClient, computed: list[str | None]
) -> None:
    pages = [client.get("/report").content for _ in range(3)]
    assert len(set(pages)) == 1
    assert computed == [None], "keeping what the past says is no change"
    assert figures(client) == figures(client)
    assert computed == [None], "another format shows the figures that are there"
    figures(client, "2026-W47")
    assert computed == [None, "2026-W47"]


def _rename(session) -> None:
    session.exec(select(Topic)).first().name = "改过的名字"


def _new_voice(session) -> None:
    first = session.exec(select(Feedback)).first()
    session.add(
        Feedback(
            source_id=first.source_id,
            source_key="one more",
            text="又闪退了",
            occurred_at=first.occurred_at + timedelta(minutes=1),
            ingested_at=NOW,
            person_key="one more",
            sentiment="neg",
        )
    )


def _mute(session) -> None:
    session.exec(select(Topic)).first().muted = True


def _spam(session) -> None:
    session.exec(select(Feedback)).first().is_spam = True


def _rename_channel(session) -> None:
    session.exec(select(Source)).first().name = "新官网"


@pytest.mark.usefixtures("analysed")
@pytest.mark.parametrize("change", [_rename, _new_voice, _mute, _spam, _rename_channel])
def test_what_another_process_changes_is_shown_at_once(
    client: TestClient, elsewhere: Database, change
) -> None:
    before = figures(client)
    with elsewhere.write() as session:
        change(session)
    after = figures(client)
    assert after != before
    assert after == figures(client, before["week"])


@pytest.mark.usefixtures("analysed")
def test_what_this_service_changes_is_shown_at_once(client: TestClient) -> None:
    before = figures(client)
    edit = {"action": "rename", "name": "记账一点就退", "actor": "林晓"}
    topic_id = before["topics"][0]["topic_id"]
    assert client.post(f"/v1/topics/{topic_id}/edits", json=edit).is_success
    assert figures(client)["topics"][0]["name"] == "记账一点就退"


def test_the_first_analysis_ends_the_empty_page(client: TestClient, stored: Database) -> None:
    assert figures(client)["status"] == 404
    with stored.write() as session:
        session.add(Run(kind="analyze", status="complete", started_at=NOW))
    assert figures(client)["totals"]["feedback"]["value"] == 5


def _post(client: TestClient, at: datetime) -> None:
    item = {"source_key": str(at), "text": "又闪退了", "occurred_at": at.isoformat()}
    body = {"source": {"name": "官网", "kind": "in_app"}, "items": [item]}
    assert client.post("/v1/feedback", json=body).is_success


@pytest.mark.usefixtures("analysed")
def test_a_post_makes_only_the_weeks_cold_that_it_belongs_to(
    client: TestClient, computed: list[str | None]
) -> None:
    before = figures(client, "2026-W47")
    computed.clear()
    _post(client, datetime(2026, 11, 23, 1, tzinfo=UTC))  # a Monday: the week after
    assert figures(client, "2026-W47") == before
    assert computed == []
    _post(client, datetime(2026, 11, 18, 1, tzinfo=UTC))
    after = figures(client, "2026-W47")
    assert after["totals"]["feedback"]["value"] == before["totals"]["feedback"]["value"] + 1
    assert computed == ["2026-W47"]
    assert figures(client, "2026-W47") == after
    assert computed == ["2026-W47"]


@pytest.mark.usefixtures("analysed")
def test_a_change_by_anybody_leaves_nothing_kept(client: TestClient, elsewhere: Database) -> None:
    """Not even what is not asked for again: it may quote whom an erasure was about."""
    app: Any = client.app
    cache = app.state.services.digests
    figures(client)
    client.get("/report")
    assert cache._entries
    with elsewhere.write() as session:
        erase_feedback(session, [1])
    assert client.get("/requests").is_success
    assert "一点记账就闪退" not in str([entry.value for entry in cache._entries.values()])
    assert not any(key[0] in ("week", ".json", ".html") for key in cache._entries)


@pytest.mark.usefixtures("analysed")
def test_a_month_and_a_workbook(client: TestClient) -> None:
    assert figures(client, "2026-11")["week"] == "2026-11"
    workbook = client.get("/v1/digests/2026-11", params={"format": "xlsx"})
    assert workbook.content.startswith(b"PK")
    assert client.get("/v1/digests/2026-13").status_code == 422


def test_a_commit_while_rendering_is_not_kept(analysed: Database) -> None:
    cache = DigestCache(analysed)
    seen: list[int] = []

    def slow() -> bytes:
        seen.append(len(seen))
        if len(seen) == 1:
            with analysed.write() as session:
                _rename(session)
        return b"%d" % len(seen)

    assert [cache.get("week", slow) for _ in range(3)] == [b"1", b"2", b"2"]


def test_failures_are_not_kept_and_old_entries_go(analysed: Database) -> None:
    cache = DigestCache(analysed, limit=2)
    rendered: list[str] = []

    def fails() -> bytes:
        raise NotFound("没有")

    def render(key: str) -> bytes:
        def fresh() -> bytes:
            rendered.append(key)
            return key.encode()

        return cache.get(key, fresh)

    with pytest.raises(NotFound):
        cache.get("a", fails)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert render(key) == key.encode()
    assert rendered == ["a", "b", "c", "b"]


def test_state_changes_with_commits_and_with_nothing_else(
    analysed: Database, elsewhere: Database
) -> None:
    before = analysed.state()
    with analysed.read() as session:
        session.exec(select(Feedback)).all()
    with pytest.raises(RuntimeError), elsewhere.write() as session:
        _rename(session)
        session.flush()
        raise RuntimeError("rolled back")
    assert analysed.state() == before or not analysed.is_sqlite
    before = analysed.state()
    with analysed.write() as session:
        _rename(session)
    assert analysed.state() != before


def test_state_of_a_sqlite_file(tmp_path) -> None:
    path = tmp_path / "one.db"
    database = Database(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="不可用"):
        database.state()
    database.migrate()
    states = [database.state()]
    database.dispose()  # the watcher opens again and counts anew
    states.append(database.state())
    connection = sqlite3.connect(path)  # somebody's shell
    connection.execute("INSERT INTO setting (key, value) VALUES ('a', '{}')")
    connection.commit()
    connection.close()
    states.append(database.state())
    (tmp_path / "other.db").write_bytes(path.read_bytes())
    (tmp_path / "other.db").rename(path)
    states.append(database.state())
    database.dispose()
    assert len(set(states)) == 4
