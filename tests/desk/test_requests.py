"""需求: moved, written about, and weighed otherwise, by plain forms."""

from __future__ import annotations

import re
from datetime import date

import pytest
from starlette.testclient import TestClient

from feedback_nlp.requests.moving import create_request
from feedback_nlp.requests.reading import Counts, RequestRow
from feedback_nlp.requests.reweighing import reweigh, schemes
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest, StatusEvent
from tests.desk.conftest import NOW, Post

pytestmark = pytest.mark.usefixtures("stored")


def request_of(database: Database) -> FeatureRequest:
    with database.read() as session:
        found = session.get(FeatureRequest, 1)
    assert found is not None
    return found


def test_the_table_and_the_board_show_it(client: TestClient) -> None:
    for view in ("table", "board"):
        page = client.get(f"/requests?view={view}").text
        assert page.count("data-row") == 1
        assert 'data-n="2" href="/feedback?of=people&amp;request=REQ-1&amp;counted=1"' in page
    assert "没有这样的需求" in client.get("/requests?status=closed").text
    assert client.get("/requests?status=lost").status_code == 422


def test_one_request_says_why(client: TestClient) -> None:
    page = client.get("/requests/REQ-1").text
    assert "严重程度" in page
    assert "人数" in page
    assert client.get("/requests/req-1").status_code == 200
    assert client.get("/requests/REQ-9").status_code == 404


def test_a_request_moves_with_its_reason_and_back(post: Post, database: Database) -> None:
    version = str(request_of(database).version)
    answer = post("/requests/REQ-1/move", to="planned", reason="排进 5.4 版", version=version)
    assert answer.status_code == 303
    assert request_of(database).status == "planned"
    with database.read() as session:
        event = session.get(StatusEvent, 2)
        assert event is not None
        assert (event.actor, event.reason) == ("林晓", "排进 5.4 版")
    refused = post("/requests/REQ-1/move", to="in_progress", version=version)
    assert refused.status_code == 409
    assert "林晓" in refused.text  # who was faster


def test_declining_wants_a_reason(post: Post, database: Database) -> None:
    answer = post("/requests/REQ-1/move", to="declined")
    assert answer.status_code == 422
    assert "写一句原因" in answer.text
    assert request_of(database).status == "new"
    assert post("/requests/REQ-1/move", to="nowhere").status_code == 422


def test_only_fields_that_were_sent_change(post: Post, database: Database) -> None:
    assert post("/requests/REQ-1/edit", effort="0.5", due="2026-12-31").status_code == 303
    found = request_of(database)
    assert (found.effort, found.due) == (0.5, date(2026, 12, 31))
    assert found.owner is not None
    assert post("/requests/REQ-1/edit", owner="").status_code == 303
    assert request_of(database).owner is None
    assert post("/requests/REQ-1/edit", effort="viel").status_code == 422
    assert post("/requests/REQ-1/edit").status_code == 422


def test_an_edit_says_why_and_writes_what_the_tracker_needs(
    client: TestClient, post: Post, database: Database
) -> None:
    fields = {
        "target_release": "5.4",
        "labels": "安卓 14、 相册",
        "tracker_url": "https://t.example/1",
    }
    post("/requests/REQ-1/edit", **fields, reason="评审会定的")
    found = request_of(database)
    assert (found.target_release, found.labels) == ("5.4", ["安卓 14", "相册"])
    page = client.get("/requests/REQ-1").text
    assert "：评审会定的" in page
    assert 'value="安卓 14、相册"' in page
    assert "在“新建”" in page, "the clock of its status"
    assert "限 3 个，" in page
    post("/requests/REQ-1/edit", labels="")
    assert request_of(database).labels == []


def test_a_request_is_made_by_hand_and_of_a_topic_that_has_none(
    client: TestClient, post: Post, database: Database
) -> None:
    assert "提成需求" not in client.get("/topics/1").text
    assert "提成需求" in client.get("/topics/2").text
    made = post("/requests/new", title="导出账单", intent="feature", topic="2", reason="老客户要的")
    assert made.headers["location"] == "/requests/REQ-2"
    page = client.get("/requests/REQ-2").text
    assert "老客户要的" in page
    assert "希望能导出账单" in page
    assert post("/requests/new", title="导出账单", intent="feature", topic="2").status_code == 303
    with database.read() as session:
        assert session.get(FeatureRequest, 3) is None
    assert post("/requests/new", title="再来", intent="feature", topic="2").status_code == 409
    assert post("/requests/new", title="再来", intent="nonsense").status_code == 422


def test_links_and_splits_are_shown_made_and_taken_back(
    client: TestClient, post: Post, database: Database
) -> None:
    made = post("/requests/REQ-1/split", unit="2", title="升级后闪退", reason="是两回事")
    assert made.headers["location"] == "/requests/REQ-2"
    page = client.get("/requests/REQ-1").text
    assert '<a href="/requests/REQ-2">REQ-2 升级后闪退</a>' in page
    assert "拆出了 REQ-2：是两回事" in page
    assert "从 REQ-1 拆出：是两回事" in client.get("/requests/REQ-2").text
    assert post("/requests/REQ-1/split", title="空的").status_code == 422
    assert post("/requests/REQ-1/split/undo", reason="还是一件事").status_code == 303
    assert client.get("/requests/REQ-2").status_code == 404
    assert "把 REQ-2 并回来" not in client.get("/requests/REQ-1").text

    with database.write() as session:
        other = create_request(session, title="登录", intent="bug", now=NOW, topic_id=2).key
    post("/requests/REQ-1/links", kind="blocks", to=other.lower(), reason="要先修它")
    page = client.get("/requests/REQ-1").text
    assert f'阻碍 <a href="/requests/{other}">{other} 登录</a>' in page
    assert "要先修它" in client.get(f"/requests/{other}").text
    assert post("/requests/REQ-1/links", kind="likes", to=other).status_code == 422
    post("/requests/REQ-1/links/remove", to=other, reason="修好了")
    assert "取消关联" not in client.get("/requests/REQ-1").text


def test_a_reason_of_before_is_offered_where_the_same_is_asked_again(
    client: TestClient, post: Post, database: Database
) -> None:
    post("/requests/REQ-1/move", to="declined", reason="与隐私政策冲突")
    with database.write() as session:
        again = create_request(session, title="又来一次", intent="bug", now=NOW, topic_id=1).key
    page = client.get(f"/requests/{again}").text
    assert "以前不采纳同样的诉求，理由是：与隐私政策冲突" in page
    assert '<option value="与隐私政策冲突" label="以前用过：REQ-1">' in page


def test_configured_weights_give_the_stored_order_and_others_another(client: TestClient) -> None:
    def row(key: str, parts: dict[str, float], score: float) -> RequestRow:
        request = FeatureRequest(
            key=key,
            title=key,
            intent="bug",
            priority=score,
            priority_parts=parts,
            created_at=NOW,
            updated_at=NOW,
        )
        return RequestRow(request, Counts())

    rows = [
        row("REQ-1", {"people": 0.9, "severity": 0.1}, 58.0),
        row("REQ-2", {"people": 0.2, "severity": 0.9}, 48.0),
        row("REQ-3", {}, 0.0),
    ]
    same = reweigh(rows, {"people": 0.6, "severity": 0.4})
    assert [(item.row.request.key, item.score) for item in same] == [
        ("REQ-1", 58.0),
        ("REQ-2", 48.0),
        ("REQ-3", None),
    ]
    other = reweigh(rows, {"people": 0.1, "severity": 0.9})
    assert [(item.row.request.key, item.moved) for item in other][:2] == [
        ("REQ-2", 1),
        ("REQ-1", -1),
    ]
    assert client.get("/requests?w_people=0&w_severity=0&w_trend=0").status_code == 422
    assert client.get("/requests?w_people=900").status_code == 422


def test_weights_are_kept_under_a_name(client: TestClient, post: Post, database: Database) -> None:
    answer = post("/requests/schemes", name="重服务", w_people="10", w_severity="90")
    assert answer.status_code == 303
    with database.read() as session:
        assert schemes(session) == {"重服务": {"people": 0.1, "severity": 0.9}}
    page = client.get(answer.headers["location"]).text
    assert "这是试排" in page
    assert re.search(r'href="/requests\?[^"]*w_severity=90[^"]*">重服务', page)
    assert request_of(database).priority == 60.0
    assert post("/requests/schemes", name="", w_people="10").status_code == 422
