"""What holds for every page: its headers, its forms, its files."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from feedback_api.desk.rendering import HERE, asset, our_path
from tests.desk.conftest import RAW, Post

pytestmark = pytest.mark.usefixtures("stored")


def test_scripts_come_from_here_only(client: TestClient) -> None:
    answer = client.get("/feedback")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "style=" not in answer.text
    assert "http://" not in answer.text.replace("http://testserver", "")
    assert "https://" not in answer.text


def test_files_are_served_with_the_licence_beside_them(client: TestClient) -> None:
    for name in ("desk.css", "desk.js", "vendor/htmx-2.0.11.min.js"):
        answer = client.get(asset(name))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/../rendering.py").status_code == 404
    assert client.get("/static/vendor/other.js").status_code == 404
    assert "Zero-Clause BSD" in (HERE / "static/vendor/htmx-LICENSE.txt").read_text()


def test_scripts_stay_small() -> None:
    assert sum(path.stat().st_size for path in HERE.rglob("*.js")) <= 80_000


@pytest.mark.parametrize("fields", [{}, {"csrf": ""}, {"csrf": "x" * 43}])
def test_a_form_without_the_token_is_refused(client: TestClient, fields: dict[str, str]) -> None:
    client.get("/feedback")
    answer = client.post("/desk/actor", data={"actor": "小王", **fields})
    assert answer.status_code == 409
    assert "feedback_actor" not in client.cookies


def test_a_token_without_its_cookie_is_refused(client: TestClient, post: Post) -> None:
    post("/desk/actor")
    token = client.cookies["feedback_csrf"]
    client.cookies.clear()
    assert client.post("/desk/actor", data={"csrf": token}).status_code == 409


def test_a_form_that_another_site_sent_is_refused(client: TestClient) -> None:
    client.get("/feedback")
    data = {"csrf": client.cookies["feedback_csrf"], "actor": "小王"}
    for site, status in (("cross-site", 409), ("same-site", 409), ("same-origin", 303)):
        answer = client.post("/desk/actor", data=data, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == status


def test_a_name_is_remembered_and_shown(client: TestClient, post: Post) -> None:
    assert post("/desk/actor", actor="小王", next="/feedback?q=闪退").status_code == 303
    page = client.get("/feedback").text
    assert "<summary>小王</summary>" in page
    assert "以后的改动都署名“小王”。" in page
    assert "以后的改动" not in client.get("/feedback").text  # told once


def test_nobody_acts_without_a_name(client: TestClient, post: Post) -> None:
    answer = post("/feedback/1/units/1/topic", topic="2", actor="")
    assert answer.status_code == 422
    assert "署名" in answer.text


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil", "/a\nb", ""])
def test_a_form_leads_nowhere_else(path: str) -> None:
    assert our_path(path, "/") == "/"


def test_a_made_up_toast_is_no_page(client: TestClient) -> None:
    client.cookies.set("feedback_flash", "bm90IGpzb24=")
    assert client.get("/feedback").status_code == 200


def test_filters_follow_to_the_page_that_a_form_leads_to(post: Post) -> None:
    here = "/requests?week=2026-W47&source=%E5%AE%98%E7%BD%91&status=open&owner=%E5%B0%8F%E7%8E%8B"
    filters = "week=2026-W47&source=%E5%AE%98%E7%BD%91"
    for path, fields, to in (
        ("/notices/templates/shipped", {"text": "{title}做好了"}, "/notices"),
        ("/notices/routes", {"source": f"官网{RAW}", "outlet": ""}, "/notices"),
        ("/data/analyze", {}, "/data"),
        ("/requests/new", {"title": "导出成表格", "intent": "feature"}, "/requests/REQ-2"),
        ("/requests/REQ-1/split", {"unit": "2", "title": "升级后闪退"}, "/requests/REQ-3"),
        ("/requests/REQ-1/split/undo", {}, "/requests/REQ-1"),
        ("/topics/2/merge", {"into": "1"}, "/topics/1"),
    ):
        answer = post(path, next=here, **fields)
        assert answer.status_code == 303, (path, answer.text)
        assert answer.headers["location"] == f"{to}?{filters}", path
    scheme = post("/requests/schemes", next=here, name="重服务", w_people="100")
    assert scheme.headers["location"].startswith(f"/requests?{filters}&")


def test_only_known_filters_follow(post: Post) -> None:
    answer = post("/data/analyze", next="https://evil.example/?week=2026-W47&redirect=//evil")
    assert answer.headers["location"] == "/data?week=2026-W47"
