"""Assistants are answered what the API answers: asked with the client of the SDK."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_api.assistant import Api, build_server, http_app
from feedback_nlp.config import load_config
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.settings import Settings
from feedback_nlp.store.search import index_feedback
from feedback_nlp.store.tables import Feedback
from tests.week.six_weeks import NOW, ZONE, six_weeks

ROOT = Path(__file__).resolve().parents[3]
_COMMAND = [sys.executable, "-c", "from feedback_nlp.cli import main; main()", "mcp"]
_SITE = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def settings(new_database_url: Callable[[], str]) -> Settings:
    url = new_database_url()
    with six_weeks(url) as (database, _), database.write() as session:
        sync_requests(session, load_config().rank, zone=ZONE, now=NOW)
        rows = session.exec(select(Feedback.id, Feedback.text)).all()
        index_feedback(session, [(id_ or 0, text) for id_, text in rows])
    return Settings(database_url=url)


@pytest.fixture(scope="module")
def api(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings, now=lambda: NOW)) as client:
        yield client


Asking = Callable[[Client], Awaitable[Any]]


def ask(settings: Settings, asking: Asking, *, may_write: bool = False) -> Any:
    """Ask a server over a database in this process."""

    async def run() -> Any:
        async with (
            Api.inside(create_app(settings, now=lambda: NOW), _SITE) as inside,
            Client(build_server(inside, may_write=may_write)) as client,
        ):
            return await asking(client)

    return anyio.run(run)


async def call(client: Client, tool: str, **asked: Any) -> dict[str, Any]:
    answer = await client.call_tool(tool, asked)
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    return answer.structured_content


def test_only_questions_are_offered_unless_writing_is_asked_for(settings):
    async def tools(client: Client) -> dict[str, bool | None]:
        listed = (await client.list_tools()).tools
        assert all(tool.description and tool.annotations for tool in listed)
        return {tool.name: tool.annotations.read_only_hint for tool in listed}

    reading = dict.fromkeys(("week", "requests", "request", "evidence", "search", "classify"), True)
    assert ask(settings, tools) == reading
    assert ask(settings, tools, may_write=True) == {**reading, "move": False}


def test_a_week_s_numbers_are_the_digest_s(settings, api):
    week = ask(settings, lambda client: call(client, "week", limit=100))
    digest = api.get("/v1/digests/latest").json()
    assert week["week"] == digest["week"]
    assert week["people"] == digest["totals"]["people"]["value"]
    assert [(one["topic_id"], one["people"], one["people_last"]) for one in week["topics"]] == [
        (one["topic_id"], one["people"]["value"], one["people_last"]["value"])
        for one in digest["topics"]
    ]
    assert {one["movement"] for one in week["topics"]} & {"上升", "新增", "波动内", "再次出现"}

    name = week["topics"][0]["name"]
    about = ask(settings, lambda client: call(client, "week", about=name))
    assert about["topics"][0]["name"] == name
    assert about["topics_in_all"] < week["topics_in_all"]


def test_every_source_link_answers_the_same(settings, api):
    async def asking(client: Client) -> list[dict[str, Any]]:
        first = (await call(client, "requests", limit=2))["requests"][0]["key"]
        return [
            await call(client, "requests", limit=2),
            await call(client, "evidence", key=first, limit=3),
            await call(client, "search", query="闪退", limit=4),
            await call(client, "request", key=first),
        ]

    ranked, evidence, found, one = ask(settings, asking)
    for answer, name in ((ranked, "requests"), (evidence, "evidence"), (found, "feedback")):
        same = api.get(answer["source"].removeprefix(_SITE)).json()["items"]
        ids = ("key", "feedback_id", "id")
        assert answer[name]
        assert [next(row[i] for i in ids if i in row) for row in answer[name]] == [
            next(row[i] for i in ids if i in row) for row in same
        ]
    assert one["people_count"] == api.get(one["source"].removeprefix(_SITE)).json()["people_count"]
    assert ranked["requests"][0]["people_count"] == one["people_count"]


def test_texts_are_read_and_not_stored(settings, api):
    texts = ["早餐很丰盛，就是房间隔音太差", "希望能导出账单"]
    before = len(api.get("/v1/feedback", params={"limit": 100}).json()["items"])
    read = ask(settings, lambda client: call(client, "classify", texts=texts))
    posted = {"items": [{"id": str(n), "text": text} for n, text in enumerate(texts, 1)]}
    assert read == api.post("/v1/classify", json=posted).json()
    assert len(api.get("/v1/feedback", params={"limit": 100}).json()["items"]) == before


@pytest.mark.parametrize(
    ("tool", "asked", "told"),
    [
        ("request", {"key": "REQ-9999"}, "REQ-9999"),
        ("week", {"week": "2026-W60"}, "week"),
        ("request", {"key": "8"}, "REQ-"),
        ("search", {"sentiment": "angry"}, "sentiment"),
    ],
)
def test_what_cannot_be_answered_says_why(settings, tool, asked, told):
    async def asking(client: Client) -> Any:
        return await client.call_tool(tool, asked)

    answer = ask(settings, asking)
    assert answer.is_error
    assert told in answer.content[0].text


def test_a_request_is_moved_only_as_it_was_seen(settings, api):
    async def asking(client: Client) -> Any:
        key = (await call(client, "requests", limit=1))["requests"][0]["key"]
        late = await client.call_tool(
            "move", {"key": key, "to": "planned", "actor": "林晓", "now": "released"}
        )
        moved = await call(
            client, "move", key=key, to="planned", actor="林晓", reason="排进 3.3", now="new"
        )
        return key, late, moved

    key, late, moved = ask(settings, asking, may_write=True)
    assert late.is_error
    assert moved["changed"] is True
    assert moved["request"]["status"] == "planned"
    assert api.get(f"/v1/requests/{key}").json()["status"] == "planned"


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEEDBACK_")}
    return kept | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "api")])}


def test_over_standard_input_as_a_desktop_assistant_starts_it(settings, api):
    server = StdioServerParameters(
        command=_COMMAND[0],
        args=[*_COMMAND[1:], "--db", settings.database_url],
        env=environment(),
    )

    async def run() -> dict[str, Any]:
        async with Client(server) as client:
            return await call(client, "requests", limit=3)

    found = anyio.run(run)
    same = api.get("/v1/requests", params={"limit": 3}).json()["items"]
    assert [one["key"] for one in found["requests"]] == [one["key"] for one in same]


@contextmanager
def over_http(*arguments: str) -> Iterator[str]:
    process = subprocess.Popen(
        [*_COMMAND, "--http", "0", *arguments],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process:
        assert process.stderr is not None
        try:
            urls = (re.search(r"http://127\.0\.0\.1:\d+/mcp", line) for line in process.stderr)
            found = next(filter(None, urls), None)
            assert found is not None, "it did not start"
            yield found[0]
        finally:
            process.kill()


def test_over_http_and_not_under_another_s_name(settings):
    async def run(url: str) -> tuple[dict[str, Any], int]:
        async with Client(url) as client:
            found = await call(client, "requests", limit=1)
        async with httpx2.AsyncClient() as plain:
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            refused = await plain.post(url, json=body, headers={"Host": "evil.example"})
        return found, refused.status_code

    with over_http("--db", settings.database_url) as url:
        found, refused = anyio.run(run, url)
    assert found["requests"]
    assert refused == 421


def test_the_asker_s_key_is_passed_on():
    """A service behind the server sees the key of who asks, and the server's own else."""
    seen: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("authorization"))
        return httpx2.Response(200, json={"items": [], "next_cursor": None})

    async def run() -> None:
        behind = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url=_SITE)
        async with behind:
            server = build_server(Api(behind, _SITE, key="fb_own"))
            app = http_app(server, host="127.0.0.1", allowed_hosts={"127.0.0.1"})
            async with (
                app.router.lifespan_context(app),
                httpx2.AsyncClient(
                    transport=httpx2.ASGITransport(app=app),
                    headers={"Authorization": "Bearer fb_asker"},
                ) as outside,
                Client(
                    streamable_http_client("http://127.0.0.1/mcp", http_client=outside)
                ) as client,
            ):
                await call(client, "requests", limit=1)
            async with Client(server) as client:
                await call(client, "requests", limit=1)

    anyio.run(run)
    assert seen == ["Bearer fb_asker", "Bearer fb_own"]


def test_what_the_service_says_is_passed_on_and_so_is_its_absence():
    problem = {"title": "没有密钥", "detail": "这个地址要密钥", "hint": "请管理员发一个"}

    async def run(reply: Callable[[httpx2.Request], httpx2.Response]) -> str:
        behind = httpx2.AsyncClient(transport=httpx2.MockTransport(reply), base_url=_SITE)
        async with behind, Client(build_server(Api(behind, _SITE))) as client:
            answer = await client.call_tool("requests", {})
            assert answer.is_error
            return str(answer.content[0].text)

    def gone(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    def refuse(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(401, content=json.dumps(problem).encode())

    assert "没有密钥：这个地址要密钥：请管理员发一个" in anyio.run(run, refuse)
    assert "连不上" in anyio.run(run, gone)
