from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_api.errors import STATUS_OF, status_of
from feedback_nlp import errors
from feedback_nlp.cli import hints as cli_hints
from feedback_nlp.errors import FeedbackError
from feedback_nlp.settings import Settings


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"] == f"urn:feedback-nlp:problem:{code}"
    assert body["status"] == status
    assert body["title"]
    assert body["instance"] == f"urn:request:{response.headers['x-request-id']}"
    return body


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("GET", "/nowhere", 404, "no-such-route"),
        ("GET", "/v1/topics/99", 404, "not-found"),
        ("GET", "/v1/requests/REQ-99", 404, "not-found"),
        ("DELETE", "/v1/feedback", 405, "method-not-allowed"),
        ("GET", "/v1/topics/0", 422, "invalid-input"),
        ("GET", "/v1/topics/9999999999999999999999", 422, "invalid-input"),
        ("GET", "/v1/requests/12", 422, "invalid-input"),
        ("GET", "/v1/feedback?limit=0", 422, "invalid-input"),
        ("GET", "/v1/feedback?limit=201", 422, "invalid-input"),
        ("GET", "/v1/feedback?product=%00", 422, "invalid-input"),
        ("GET", "/v1/feedback?week=2026-W54", 422, "invalid-input"),
        ("GET", "/v1/feedback?week=2025-W53", 422, "invalid-input"),
        ("GET", "/v1/feedback?from=1731974400", 422, "invalid-input"),
        ("GET", "/v1/feedback?from=2026-02-30", 422, "invalid-input"),
        ("GET", "/v1/feedback?from=0001-01-01T00:00:00%2B14:00", 422, "invalid-input"),
        ("GET", "/v1/feedback?to=9999-12-31", 422, "invalid-input"),
        ("GET", "/v1/feedback?sentiment=happy", 422, "invalid-input"),
    ],
)
def test_every_error_is_a_problem(
    client: TestClient, method: str, url: str, status: int, code: str
) -> None:
    problem(client.request(method, url), status, code)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "应是 JSON 对象"),
        ({"effort": "两天", "actor": "林晓"}, "应是数"),
        ({"effort": True, "actor": "林晓"}, "应是数"),
    ],
)
def test_wrong_kinds_of_values_are_told_in_chinese(
    client: TestClient, body: Any, words: str
) -> None:
    told = problem(client.patch("/v1/requests/REQ-1", json=body), 422, "invalid-input")
    assert [error["detail"] for error in told["errors"]] == [words]


def test_choices_are_listed_without_english_words(client: TestClient) -> None:
    told = problem(client.get("/v1/feedback?sentiment=happy"), 422, "invalid-input")
    (error,) = told["errors"]
    assert error["detail"] == "应是 'neg'、'neu'、'pos'、'mixed' 之一"


def test_405_names_the_allowed_methods(client: TestClient) -> None:
    assert "GET" in client.delete("/v1/topics").headers["allow"]
    # An address with a name of its own does not speak for those with any name.
    assert client.options("/v1/lexicon/preview").headers["allow"] == "GET"
    assert client.options("/v1/lexicon/红包雨").headers["allow"] == "DELETE"


@pytest.mark.parametrize("day", ["0", "2026", "2026-13-01"])
def test_a_day_is_written_as_the_document_says(client: TestClient, day: str) -> None:
    problem(client.get("/v1/alerts", params={"since": day}), 422, "invalid-input")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "äöü",
        "WyJ0b3BpY3MiLDFd",  # ["topics",1]: another list's
        "WyJmZWVkYmFjayIsInllc3RlcmRheSIsMV0",  # not a moment
        "WyJmZWVkYmFjayIsIjIwMjYtMTEtMTgiLDFd",  # a moment without an offset
        "W1tbW1tbW1tbW1tbW1tbW1tbW1tb",
    ],
)
def test_a_cursor_of_ones_own_making_is_refused(client: TestClient, cursor: str) -> None:
    response = client.get("/v1/feedback", params={"cursor": cursor})
    assert "cursor" in problem(response, 422, "invalid-input")["detail"]


def test_each_field_is_named_in_chinese(client: TestClient) -> None:
    body = problem(
        client.post(
            "/v1/classify", json={"items": [{"texts": "闪退"}, {"text": "好", "rating": 9}]}
        ),
        422,
        "invalid-input",
    )
    assert body["errors"] == [
        {"pointer": "/items/0/text", "code": "missing", "detail": "缺少这个字段"},
        {
            "pointer": "/items/0/texts",
            "code": "extra_forbidden",
            "detail": "没有这个字段，检查拼写；别的信息请放进 meta",
        },
        {"pointer": "/items/1/rating", "code": "less_than_equal", "detail": "不能大于 5"},
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"", 422),
        (b"{\xff}", 400),
        (b"[" * 100_000, 400),
        (b'{"items": [{"text": "\\u0000"}]}', 422),
        (b'{"items": [{"text": "\\ud800"}]}', 422),
        (b'{"items": [{"\\ud800": 1}]}', 422),
        (b'{"items": [{"text": "a", "rating": NaN}]}', 422),
        (b'{"items": [{"text": "a", "rating": 1e999}]}', 422),
        (b'{"items": [{"text": "a", "rating": ' + b"9" * 5000 + b"}]}", 400),
        (b"null", 422),
    ],
)
def test_ugly_bodies(client: TestClient, body: bytes, status: int) -> None:
    response = client.post(
        "/v1/classify", content=body, headers={"Content-Type": "application/json"}
    )
    problem(response, status, "bad-request" if status == 400 else "invalid-input")


def test_a_body_that_is_no_json_by_its_own_words_is_refused(client: TestClient) -> None:
    # A web page elsewhere can send text/plain across origins without asking first.
    response = client.post(
        "/v1/classify",
        content=b'{"items": [{"text": "x"}]}',
        headers={"Content-Type": "text/plain"},
    )
    problem(response, 422, "invalid-input")


def test_a_large_body_is_refused_by_its_declared_size(client: TestClient) -> None:
    response = client.post("/v1/classify", json={"items": [{"text": "长" * 100_000}]})
    problem(response, 413, "too-large")


def test_a_large_body_is_refused_by_its_counted_size(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(10):
            yield b" " * 50_000

    response = client.post(
        "/v1/classify", content=chunks(), headers={"Content-Type": "application/json"}
    )
    problem(response, 413, "too-large")


def test_an_unexpected_error_says_nothing_of_the_inside(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(settings)
    _add_route(app, RuntimeError("秘密的原话"))
    with TestClient(app) as client:
        body = problem(client.get("/boom"), 500, "internal")
    assert "秘密" not in str(body)
    output = capsys.readouterr()
    assert "秘密" not in output.out + output.err
    assert "RuntimeError" in output.out + output.err


@pytest.mark.parametrize("kind", sorted(STATUS_OF, key=str))
def test_each_error_has_its_status(settings: Settings, kind: type[FeedbackError]) -> None:
    app = create_app(settings)
    _add_route(app, kind("/home/某人/feedback.db 坏了", hint="怎么办"))
    with TestClient(app) as client:
        body = problem(client.get("/boom"), STATUS_OF[kind], kind.code)
    assert ("某人" in body["detail"]) == (STATUS_OF[kind] < 500)


def test_the_status_table_covers_the_whole_tree() -> None:
    tree = [
        value
        for value in vars(errors).values()
        if isinstance(value, type)
        and issubclass(value, FeedbackError)
        and value is not FeedbackError
    ]
    assert {status_of(kind("x")) for kind in tree} == {404, 409, 422, 500, 503}
    assert status_of(errors.TransitionNotAllowed("x")) == 409
    assert status_of(FeedbackError("x")) == 500


def test_each_edge_says_what_to_do_in_its_own_words(settings: Settings) -> None:
    error = errors.NotFound("没有编号为 REQ-9 的需求", reason="unknown-request", key="REQ-9")
    app = create_app(settings)
    _add_route(app, error)
    with TestClient(app) as client:
        body = client.get("/boom").json()
    assert body["detail"] == "没有编号为 REQ-9 的需求（全部编号见 GET /v1/requests）"
    assert (body["reason"], body["facts"]) == ("unknown-request", {"key": "REQ-9"})
    assert error.told(cli_hints.HINTS) == (
        "没有编号为 REQ-9 的需求（用 feedback-nlp requests 查看全部编号）"
    )


def _add_route(app: FastAPI, error: Exception) -> None:
    def boom() -> None:
        raise error

    app.add_api_route("/boom", boom)


@pytest.mark.parametrize(
    ("path", "parameter", "known"),
    [
        ("/v1/feedback", "sort", ["week", "from", "to", "q", "source", "limit", "cursor"]),
        ("/v1/topics", "sentiment", ["state", "kind", "include_muted", "product"]),
        ("/v1/requests", "sort", ["status", "intent", "product", "owner", "topic"]),
        ("/v1/requests", "from", ["status", "limit", "cursor"]),
        ("/v1/lexicon/suggestions", "min", ["limit", "product", "min_people"]),
        ("/v1/digests/latest", "fromat", ["product", "format"]),
    ],
)
def test_unknown_query_parameter_is_refused_with_the_known_ones(
    client: TestClient, path: str, parameter: str, known: list[str]
) -> None:
    response = client.get(path, params={parameter: "rice"})
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["pointer"], error["code"]) == (f"query {parameter}", "extra_forbidden")
    named = error["detail"].partition("可用的参数：")[2].split("、")
    assert set(known) <= set(named)


def test_route_without_parameters_says_that_it_takes_none(client: TestClient) -> None:
    response = client.get("/v1/lexicon", params={"sort": "rice"})
    assert response.status_code == 422
    assert "不收查询参数" in response.json()["errors"][0]["detail"]
