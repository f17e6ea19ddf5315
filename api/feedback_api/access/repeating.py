"""``Idempotency-Key``: a post that is sent again gets the reply of the first one.

Personal data in a reply (keys of records as they were sent) is replaced before it is kept;
where a reply consists of it, nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feedback_api.errors import on_feedback_error, problem_response
from feedback_nlp.access import replies
from feedback_nlp.clean import Pseudonymizer
from feedback_nlp.errors import FeedbackError
from feedback_nlp.jobs.preparing import stored_key
from feedback_nlp.store import Database

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_MAX_KEY = 200
_KEY = re.compile(rf"[!-~]{{1,{_MAX_KEY}}}")  # as the document says
_MAX_KEPT_BYTES = 1_000_000
_KEPT_HEADERS = ("content-type", "location", "etag")
_STAND_INS = Pseudonymizer(secrets.token_bytes(32))  # nobody needs to recognise anybody here
_NOT_KEPT = ("/v1/people", "/v1/classify")  # their replies are personal data, or pure reading


class RepeatedPosts:
    """Wraps the application, inside of the gate, which says who posts.

    Args:
        app: The application inside.
        database: Where replies are kept.
        now: The clock.
    """

    def __init__(self, app: ASGIApp, database: Database, now: Callable[[], datetime]) -> None:
        self.app = app
        self.database = database
        self.now = now
        self._limiter = CapacityLimiter(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; all but posts with a key pass through."""
        key = Request(scope).headers.get(HEADER) if scope["type"] == "http" else None
        path: str = scope.get("path", "")
        if key is None or scope["method"] != "POST" or not is_kept(path):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        if not _KEY.fullmatch(key):
            detail = f"{HEADER} 应是 1–{_MAX_KEY} 个可见字符，例如一个 UUID"
            await _problem(request, 422, "invalid-input", "输入有误", detail)(scope, receive, send)
            return
        body = await request.body()
        caller = scope["state"]["caller"]
        key_hash = _hash(f"{caller.via}\n{caller.key_id}\n{path}\n{key}".encode())
        body_hash = _hash(body)
        try:
            found = await self._stored(
                lambda session: replies.claim(session, key_hash, body_hash, now=self.now())
            )
        except FeedbackError as error:
            await (await on_feedback_error(request, error))(scope, receive, send)
            return
        answer = None if found.is_ours else _answer(request, found)
        if answer is not None:
            await answer(scope, receive, send)
            return
        await self._work(scope, body, send, key_hash)

    async def _work(self, scope: Scope, body: bytes, send: Send, key_hash: str) -> None:
        """Let the application answer, and keep what it answered before it is sent."""
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        try:
            await self.app(scope, _replay(body), hold)
        except BaseException:
            await self._stored(lambda session: replies.release(session, key_hash))
            raise
        start = held[0]
        content = b"".join(message.get("body", b"") for message in held[1:])
        if start["status"] < 300 and len(content) <= _MAX_KEPT_BYTES:
            headers = {
                name.decode(): value.decode("latin-1")
                for name, value in start["headers"]
                if name.decode().lower() in _KEPT_HEADERS
            }
            kept = await to_thread.run_sync(_without_people, content, limiter=self._limiter)
            await self._stored(
                lambda session: replies.fill(session, key_hash, start["status"], headers, kept)
            )
        else:
            await self._stored(lambda session: replies.release(session, key_hash))
        for message in held:
            await send(message)

    async def _stored(self, act: Callable[[Any], Any]) -> Any:
        def run() -> Any:
            with self.database.write() as session:
                return act(session)

        return await to_thread.run_sync(run, limiter=self._limiter)


def is_kept(path: str) -> bool:
    """Tell whether replies of an address are kept under a key."""
    return path.startswith("/v1/") and not path.startswith(_NOT_KEPT)


def _answer(request: Request, found: replies.Claim) -> Response:
    if not found.is_same:
        return _problem(
            request,
            422,
            "idempotency-mismatch",
            "这个 Idempotency-Key 用过了",
            "上次的请求体和这次不同；另一个请求要用另一个 Idempotency-Key",
        )
    if found.reply is None or found.reply.status is None:
        return _problem(request, 409, "in-progress", "同一个请求还在处理", "稍后照原样重发")
    return Response(
        found.reply.body, found.reply.status, headers={**found.reply.headers, REPLAYED: "true"}
    )


def _problem(request: Request, status: int, code: str, title: str, detail: str) -> Response:
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    headers = {"Retry-After": "1"} if status == 409 else None
    return problem_response(request_id, status, code, title, detail, headers=headers)


def _replay(body: bytes) -> Receive:
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _without_people(content: bytes) -> bytes:
    """Return a JSON reply without personal data in its texts."""

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            return stored_key(value, _STAND_INS)
        if isinstance(value, dict):
            return {name: shown(part) for name, part in value.items()}
        return [shown(part) for part in value] if isinstance(value, list) else value

    return json.dumps(shown(json.loads(content)), ensure_ascii=False).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
