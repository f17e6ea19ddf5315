"""Several requests at once, saved views, and evidence put right, by plain forms."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from feedback_nlp.requests.moving import create_request, get_request
from feedback_nlp.store import Database
from feedback_nlp.store.access_tables import AuditEvent
from feedback_nlp.store.tables import Evidence, FeatureRequest, FeedbackUnit
from tests.desk.conftest import NOW, Post, spike

pytestmark = pytest.mark.usefixtures("stored")


@pytest.fixture(autouse=True)
def other(stored: Database) -> None:
    """A second request, of a topic, that nobody has yet."""
    with stored.write() as session:
        create_request(session, title="导出账单", intent="feature", now=NOW, topic_id=2)


def toast(client: TestClient) -> tuple[str, dict[str, str]]:
    """Return what the next page says was done, and the form that takes it back."""
    page = client.get("/requests").text
    shown = re.search(r'<div class="toast".*?</div>', page, re.S)
    assert shown is not None
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown[0])
    fields = {name: html.unescape(value) for name, value in pairs if name != "csrf"}
    action = re.search(r'action="([^"]+)"', shown[0])
    return shown[0], {**fields, "path": action[1]} if action else {}


def take_back(client: TestClient, post: Post) -> None:
    _, undo = toast(client)
    assert post(undo.pop("path"), **undo).status_code == 303


def of(database: Database, key: str) -> FeatureRequest:
    with database.read() as session:
        return get_request(session, key)


def evidence(database: Database, key: str) -> dict[int, str]:
    with database.read() as session:
        mine = col(Evidence.request_id) == get_request(session, key).id
        rows = session.execute(select(Evidence.unit_id, Evidence.added_by).where(mine))
        return {row[0]: row[1] for row in rows}


def ticked(database: Database) -> list[str]:
    return [f"{key} {of(database, key).version}" for key in ("REQ-1", "REQ-2")]


def test_those_that_are_ticked_change_together_and_go_back_together(
    client: TestClient, post: Post, database: Database
) -> None:
    had = of(database, "REQ-1").owner
    fields = {"owner": "林晓", "due": "2026-12-31", "to": "triaged"}
    assert post("/requests/bulk", key=ticked(database), **fields).status_code == 303
    for key in ("REQ-1", "REQ-2"):
        found = of(database, key)
        assert (found.owner, found.due, found.status) == ("林晓", date(2026, 12, 31), "triaged")
    said, _ = toast(client)
    assert "2 个需求改好了" in said
    assert post("/requests/bulk", key=ticked(database), owner="老周").status_code == 303
    take_back(client, post)
    assert of(database, "REQ-2").owner == "林晓"
    assert of(database, "REQ-1").status == "triaged"
    assert had != "林晓"


def test_one_that_cannot_go_there_stops_all(post: Post, database: Database) -> None:
    keys = ticked(database)
    post("/requests/REQ-2/move", to="triaged")
    refused = post("/requests/bulk", key=keys, owner="林晓")
    assert refused.status_code == 409
    assert "REQ-2" in refused.text
    assert of(database, "REQ-1").owner != "林晓"
    assert post("/requests/bulk", key=keys).status_code == 422
    assert post("/requests/bulk", owner="林晓").status_code == 422
    assert post("/requests/bulk", key=keys, due="morgen").status_code == 422
    assert post("/requests/bulk/undo", before="[1]").status_code == 422


def test_a_view_is_kept_opened_and_forgotten(client: TestClient, post: Post) -> None:
    post("/requests/REQ-2/edit", owner="林晓")
    shown = client.get("/requests?owner=林晓&view=board&status=open")
    assert "导出账单" in shown.text
    assert "REQ-1" not in shown.text
    assert "REQ-1" not in client.get("/requests?owner=-").text
    filters = re.search(r'name="filters" value="([^"]+)"', shown.text)
    assert filters is not None
    kept = post("/requests/views", name="林晓的", filters=html.unescape(filters[1]))
    assert "REQ-1" not in client.get(kept.headers["location"]).text
    assert "林晓的" in client.get("/requests").text
    post("/requests/views/drop", name="林晓的")
    assert "视图“林晓的”删掉了" in toast(client)[0]
    assert 'class="chip saved"' not in client.get("/requests").text
    post("/requests/views/drop", name="林晓的")
    post("/requests/views", name="又存", filters="owner=x&bad=1")
    take_back(client, post)
    assert 'class="chip saved"' not in client.get("/requests").text
    assert post("/requests/views", name="", filters="").status_code == 422


def test_a_scheme_is_dropped_and_comes_back(client: TestClient, post: Post) -> None:
    post("/requests/schemes", name="重服务", w_people="10", w_severity="90")
    post("/requests/schemes/drop", name="重服务")
    assert ">重服务</a>" not in client.get("/requests/REQ-1").text
    post("/requests/schemes", name="别的", w_people="10")
    take_back(client, post)
    page = client.get("/requests").text
    assert ">别的</a>" not in page


def test_evidence_is_taken_out_and_comes_back(
    client: TestClient, post: Post, database: Database
) -> None:
    assert evidence(database, "REQ-1") == {1: "auto", 2: "auto"}
    assert post("/requests/REQ-1/evidence/out", unit="2", reason="说的是别的").status_code == 303
    assert evidence(database, "REQ-1") == {1: "auto"}
    with database.read() as session:
        unit = session.get_one(FeedbackUnit, 2)
        assert (unit.topic_id, unit.assigned_by) == (None, "person")
    assert "1 条证据剔除了：说的是别的" in client.get("/requests/REQ-1").text
    assert "移出 1 个观点" in client.get("/topics/1").text
    take_back_page = post("/requests/REQ-1/evidence/undo")
    assert take_back_page.status_code == 303
    assert evidence(database, "REQ-1") == {1: "auto", 2: "auto"}
    assert post("/requests/REQ-1/evidence/undo").status_code == 409


def test_evidence_moves_to_another_request_with_its_topic(post: Post, database: Database) -> None:
    assert post("/requests/REQ-1/evidence/move", unit="2", request="req-2").status_code == 303
    assert evidence(database, "REQ-2")[2] == "auto"
    assert evidence(database, "REQ-1") == {1: "auto"}
    with database.read() as session:
        assert session.get_one(FeedbackUnit, 2).topic_id == 2
    post("/requests/REQ-1/evidence/undo")
    assert evidence(database, "REQ-1") == {1: "auto", 2: "auto"}
    assert 2 not in evidence(database, "REQ-2")


def test_evidence_moves_to_a_request_without_a_topic(post: Post, database: Database) -> None:
    with database.write() as session:
        create_request(session, title="手工提的", intent="bug", now=NOW)
    post("/requests/REQ-1/evidence/move", unit=["1", "2"], request="REQ-3")
    assert evidence(database, "REQ-3") == {1: "林晓", 2: "林晓"}
    post(
        "/requests/REQ-3/evidence/move", unit="1", request="REQ-1"
    )  # added by hand: it goes by hand
    assert evidence(database, "REQ-1") == {1: "林晓"}
    post("/requests/REQ-3/evidence/undo")
    assert evidence(database, "REQ-3") == {1: "林晓", 2: "林晓"}


def test_moves_of_nothing_or_to_nowhere_are_refused(post: Post, database: Database) -> None:
    assert post("/requests/REQ-1/evidence/out").status_code == 422
    assert post("/requests/REQ-1/evidence/move", unit="1", request="").status_code == 422
    assert post("/requests/REQ-1/evidence/move", unit="1", request="REQ-1").status_code == 409
    assert post("/requests/REQ-1/evidence/move", unit="1", request="REQ-9").status_code == 404
    assert post("/requests/REQ-1/evidence/out", unit="4").status_code == 409
    assert evidence(database, "REQ-1") == {1: "auto", 2: "auto"}


def test_what_was_made_marked_or_unlinked_by_mistake_is_taken_back(
    client: TestClient, post: Post, database: Database
) -> None:
    post("/requests/new", title="提错了", intent="feature")
    take_back(client, post)
    assert client.get("/requests/REQ-3").status_code == 404
    post("/requests/new", title="提对了", intent="feature")
    assert client.get("/requests/REQ-4").status_code == 200, "a number is not given again"
    post("/requests/REQ-4/comments", text="有人在看")
    assert post("/requests/REQ-4/new/undo").status_code == 409

    post("/requests/REQ-1/links", kind="blocks", to="REQ-2")
    post("/requests/REQ-1/links/remove", kind="blocks", to="REQ-2")
    take_back(client, post)
    assert "取消关联" in client.get("/requests/REQ-1").text

    with database.write() as session:
        session.add(spike(people=3))
    post("/alerts/1", useful="yes")
    take_back(client, post)
    page = client.get("/alerts").text
    assert 'aria-pressed="true"' not in page
    assert "标的</span>" not in page


def test_effort_is_estimated_for_several_and_taken_back(
    client: TestClient, post: Post, database: Database
) -> None:
    post("/requests/bulk", key=ticked(database), effort="0.5")
    assert [of(database, key).effort for key in ("REQ-1", "REQ-2")] == [0.5, 0.5]
    take_back(client, post)
    assert [of(database, key).effort for key in ("REQ-1", "REQ-2")] == [None, None]
    refused = post("/requests/bulk", key=ticked(database), effort="大")
    assert refused.status_code == 422
    assert "工作量是 0 到 1 的数" in refused.text


def test_a_comment_is_taken_back_by_who_said_it(
    client: TestClient, post: Post, database: Database
) -> None:
    post("/requests/REQ-1/comments", text="说错了的话")
    _, undo = toast(client)
    assert "说错了的话" in client.get("/requests/REQ-1").text
    assert post(undo["path"], actor="别人").status_code == 409
    assert post(undo["path"]).status_code == 303
    assert "说错了的话" not in client.get("/requests/REQ-1").text
    assert post(undo["path"]).status_code == 404
    with database.read() as session:
        lines = session.scalars(select(AuditEvent.action).order_by(col(AuditEvent.id))).all()
    assert lines[-2:] == ["request.comment", "request.uncomment"]
