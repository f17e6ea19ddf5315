"""Who may come in, and what they may do there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_api.access.policy import SAFE_METHODS, needed_scope
from feedback_nlp.access import Scope, keys
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from tests.api.conftest import NOW

POST = {
    "source": {"name": "官网反馈", "kind": "in_app"},
    "items": [{"source_key": "a", "text": "一点就闪退"}],
}
Maker = Callable[..., dict[str, str]]


@pytest.fixture
def locked(settings: Settings) -> Settings:
    return settings.model_copy(update={"require_keys": True})


@pytest.fixture
def door(locked: Settings) -> Iterator[TestClient]:
    app = create_app(locked, now=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


@pytest.fixture
def key(database: Database) -> Maker:
    """Make a key and return the header that shows it."""

    def make(*scopes: Scope, **fields) -> dict[str, str]:
        with database.write() as session:
            name = fields.pop("name", "钥匙")
            made = keys.create_key(session, name, scopes, actor="测试", now=NOW, **fields)
        return {"Authorization": f"Bearer {made.token}"}

    return make


def _token(header: dict[str, str]) -> str:
    return header["Authorization"].removeprefix("Bearer ")


def test_without_a_key_nothing_is_told(door: TestClient) -> None:
    for path in ("/v1/feedback", "/v1/topics", "/v1/audit", "/openapi.json", "/v1/nowhere"):
        response = door.get(path)
        assert response.status_code == 401, path
        assert response.json()["type"].endswith(":unauthorized")
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert door.post("/v1/feedback", json=POST).status_code == 401


def test_liveness_needs_no_key(door: TestClient) -> None:
    assert door.get("/healthz").status_code == 200
    assert door.get("/readyz").status_code == 200


@pytest.mark.parametrize("value", ["Bearer ", "Bearer x", "Basic YTpi", "fnlp", "Bearer 密钥"])
def test_a_wrong_key_is_refused_everywhere(door: TestClient, value: str) -> None:
    header = {b"Authorization": value.encode()}
    assert door.get("/v1/topics", headers=header).status_code == 401
    assert door.get("/healthz", headers=header).status_code == 401


def test_a_wrong_key_is_refused_where_none_is_needed(client: TestClient) -> None:
    assert client.get("/v1/topics").status_code == 200
    assert client.get("/v1/topics", headers={"Authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.READ, {"read"}),
        (Scope.WRITE, {"read", "write"}),
        (Scope.INGEST, {"ingest"}),
        (Scope.ADMIN, {"read", "write", "ingest", "admin"}),
    ],
)
def test_a_key_does_what_its_scope_says(
    door: TestClient, key: Maker, scope: Scope, allowed: set[str]
) -> None:
    header = key(scope)
    word = {"word": "闪退王", "actor": "林晓"}
    answers = {
        "read": door.get("/v1/topics", headers=header),
        "write": door.post("/v1/lexicon", json=word, headers=header),
        "ingest": door.post("/v1/feedback", json=POST, headers=header),
        "admin": door.get("/v1/audit", headers=header),
    }
    assert {name for name, answer in answers.items() if answer.status_code < 300} == allowed
    refused = {answer.status_code for name, answer in answers.items() if name not in allowed}
    assert refused <= {403}


def test_a_bound_key_feeds_its_own_source_only(door: TestClient, key: Maker) -> None:
    header = key(Scope.INGEST, source="官网反馈")
    assert door.post("/v1/feedback", json=POST, headers=header).status_code == 200
    other = {**POST, "source": {"name": "别的", "kind": "in_app"}}
    refused = door.post("/v1/feedback", json=other, headers=header)
    assert refused.status_code == 403
    assert "官网反馈" in refused.json()["detail"]


def test_a_key_is_checked_before_the_body_is_read(door: TestClient) -> None:
    response = door.post("/v1/feedback", content=b"{" * 300_000)
    assert response.status_code == 401


def test_an_expired_key_is_refused(locked: Settings, key: Maker) -> None:
    header = key(Scope.READ, expires_at=NOW + timedelta(hours=1))
    moments: list[datetime] = [NOW]
    with TestClient(create_app(locked, now=lambda: moments[0])) as client:
        assert client.get("/v1/topics", headers=header).status_code == 200
        moments[0] = NOW + timedelta(hours=2)
        assert client.get("/v1/topics", headers=header).status_code == 401


def test_every_route_has_a_rule_and_changes_need_more_than_reading(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            needed = needed_scope(method.upper(), path)
            assert operation.get("x-scope") == (needed.value if needed else None)
            if path.startswith("/v1/ingest/"):
                assert needed is None, "the token is in the address"
                continue
            if path.startswith("/v1/"):
                assert needed is not None
                assert "401" in operation["responses"]
            if method.upper() not in SAFE_METHODS and path != "/v1/classify":
                assert needed in (Scope.WRITE, Scope.INGEST, Scope.ADMIN)


# ── browsers ─────────────────────────────────────────────────────────────────


def _login(door: TestClient, token: str, there: str = "/") -> None:
    page = door.get("/login", params={"next": there})
    form = {"key": token, "next": there, "csrf": _form_token(page.text)}
    response = door.post("/login", data=form)
    assert response.status_code == 303, response.text
    assert response.headers["location"] == there


def _form_token(page: str) -> str:
    return page.split('name="csrf" value="')[1].split('"', maxsplit=1)[0]


def test_a_page_leads_to_the_login(door: TestClient) -> None:
    response = door.get("/?week=2026-W47")
    assert response.status_code == 303
    assert response.headers["location"] == "/login?next=%2F%3Fweek%3D2026-W47"


def test_a_key_opens_a_session_of_the_browser(door: TestClient, key: Maker) -> None:
    _login(door, _token(key(Scope.READ)), "/?week=2026-W47")
    assert door.get("/").status_code == 200
    assert door.get("/v1/topics").status_code == 200


def test_the_session_cookie_is_out_of_reach_of_scripts(door: TestClient, key: Maker) -> None:
    token = _token(key(Scope.READ))
    page = door.get("/login")
    response = door.post("/login", data={"key": token, "csrf": _form_token(page.text)})
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert token not in cookie


def test_cookies_can_be_bound_to_https(locked: Settings, key: Maker) -> None:
    token = _token(key(Scope.READ))
    app = create_app(locked.model_copy(update={"secure_cookies": True}), now=lambda: NOW)
    with TestClient(app, follow_redirects=False) as client:
        page = client.get("/login")
        response = client.post("/login", data={"key": token, "csrf": _form_token(page.text)})
    assert "Secure" in response.headers["set-cookie"]


def test_a_session_ends_with_its_key(
    door: TestClient, key: Maker, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _login(door, _token(key(Scope.READ)))
    with database.write() as session:
        keys.revoke_key(session, "钥匙", now=NOW)
    monkeypatch.setattr("feedback_nlp.access.keyring.FRESH_SECONDS", 0.0)
    assert door.get("/v1/topics").status_code == 401


def test_logging_out_ends_the_session(door: TestClient, key: Maker) -> None:
    _login(door, _token(key(Scope.READ)))
    assert door.post("/logout", data={"csrf": "x"}).status_code == 403
    token = door.cookies["feedback_csrf"]
    assert door.post("/logout", data={"csrf": token}).status_code == 303
    assert door.get("/").status_code == 303


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"key": "fnlp_x"}, 401),
        ({}, 401),
        ({"key": "fnlp_x", "csrf": "other"}, 403),
    ],
)
def test_a_wrong_login_opens_nothing(door: TestClient, form: dict[str, str], status: int) -> None:
    page = door.get("/login")
    response = door.post("/login", data={"csrf": _form_token(page.text), **form})
    assert response.status_code == status
    assert "feedback_session" not in door.cookies


def test_a_key_that_only_feeds_cannot_log_in(door: TestClient, key: Maker) -> None:
    page = door.get("/login")
    form = {"key": _token(key(Scope.INGEST)), "csrf": _form_token(page.text)}
    assert door.post("/login", data=form).status_code == 403


def test_a_login_form_is_small(door: TestClient) -> None:
    assert door.post("/login", data={"key": "x" * 10_000}).status_code == 413


@pytest.mark.parametrize(
    "there", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"]
)
def test_a_login_leads_nowhere_else(door: TestClient, key: Maker, there: str) -> None:
    page = door.get("/login", params={"next": there})
    assert 'name="next" value="/"' in page.text
    form = {"key": _token(key(Scope.READ)), "next": there, "csrf": _form_token(page.text)}
    assert door.post("/login", data=form).headers["location"] == "/"


def test_a_session_changes_nothing_without_the_token_of_the_page(
    door: TestClient, key: Maker
) -> None:
    _login(door, _token(key(Scope.WRITE)))
    word = {"word": "闪退王", "actor": "林晓"}
    refused = door.post("/v1/lexicon", json=word)
    assert (refused.status_code, refused.json()["type"].split(":")[-1]) == (403, "foreign-form")
    header = {"X-CSRF-Token": door.cookies["feedback_csrf"]}
    elsewhere = {**header, "Sec-Fetch-Site": "cross-site"}
    assert door.post("/v1/lexicon", json=word, headers=elsewhere).status_code == 403
    assert door.post("/v1/lexicon", json=word, headers=header).status_code == 200
    assert door.post("/elsewhere", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


# ── guests ───────────────────────────────────────────────────────────────────


def test_guests_look_and_do_not_touch(locked: Settings) -> None:
    app = create_app(locked.model_copy(update={"guests_read": True}), now=lambda: NOW)
    with TestClient(app, follow_redirects=False) as guest:
        assert guest.get("/v1/topics").status_code == 200
        assert guest.get("/").status_code == 200
        assert guest.get("/v1/audit").status_code == 401
        assert guest.post("/v1/classify", json={"texts": ["好"]}).status_code == 401
        assert guest.post("/v1/feedback", json=POST).status_code == 401


# ── the audit trail ──────────────────────────────────────────────────────────


def test_every_edit_leaves_a_line_with_the_key_that_made_it(
    door: TestClient, key: Maker, stored: Database
) -> None:
    writer, admin = key(Scope.WRITE, name="运营"), key(Scope.ADMIN, name="管理")
    calls = [
        ("POST", "/v1/topics/1/edits", {"action": "rename", "name": "闪退", "actor": "林晓"}),
        ("POST", "/v1/lexicon", {"word": "闪退王", "actor": "林晓"}),
        ("DELETE", "/v1/lexicon/闪退王?actor=林晓", None),
        ("POST", "/v1/requests", {"title": "导出表格", "intent": "feature", "actor": "林晓"}),
        ("PATCH", "/v1/requests/REQ-{n}", {"actor": "林晓", "owner": "小王"}),
        ("POST", "/v1/requests/REQ-{n}/transitions", {"to": "triaged", "actor": "林晓"}),
    ]
    number = ""
    for method, path, body in calls:
        header = {**writer, "X-Request-ID": "call-1"}
        answer = door.request(method, path.replace("{n}", number), json=body, headers=header)
        assert answer.status_code < 300, answer.text
        if path == "/v1/requests":
            number = answer.json()["key"].removeprefix("REQ-")
    page = door.get("/v1/audit", params={"actor": "运营"}, headers=admin).json()
    actions = [line["action"] for line in reversed(page["items"])]
    assert actions == [
        "topic.renamed",
        "word.add",
        "word.remove",
        "request.move",
        "request.edit",
        "request.move",
    ]
    assert {line["request_id"] for line in page["items"]} == {"call-1"}
    moved = page["items"][0]
    assert moved["subject"] == f"request:REQ-{number}"
    assert moved["detail"]["status"] == ["new", "triaged"]
    assert moved["detail"]["by"] == "林晓"


def test_the_trail_is_read_page_by_page(client: TestClient, key: Maker) -> None:
    for number in range(3):
        key(Scope.READ, name=f"钥匙{number}")
    first = client.get("/v1/audit", params={"limit": 2}).json()
    rest = client.get("/v1/audit", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    subjects = [line["subject"] for line in first["items"] + rest["items"]]
    assert subjects == ["key:钥匙2", "key:钥匙1", "key:钥匙0"]
    assert rest["next_cursor"] is None
