"""The outer edge of every request: its id, its size, its headers, its last resort.

Plain ASGI, so bodies stream through. What is logged never holds texts, query strings
or parameters: method, route template, status, duration and the request's id.
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Callable, Collection, Iterable

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feedback_api.errors import problem_response

BODY_SECONDS = 120.0
"""A body has to be here within this time,"""

STALL_SECONDS = 20.0
"""and something of it within this."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECURITY_HEADERS = {
    # Pages are self-contained; the digest carries its style sheet inside.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_RAW_HEADERS = [
    (name.lower().encode(), value.encode()) for name, value in _SECURITY_HEADERS.items()
]
_log = structlog.get_logger("feedback_api")


class RequestEdge:
    """Wraps the application.

    Args:
        app: The application inside.
        max_body_bytes: Bodies beyond this are answered with 413, counted as they arrive.
        allowed_hosts: Host names (without port) that are answered; any if ``None``.
        on_request: Told method, route, status and seconds of each request.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_body_bytes: int,
        allowed_hosts: Collection[str] | None = None,
        on_request: Callable[[str, str, int, float], None] | None = None,
    ) -> None:
        self.on_request = on_request
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.allowed_hosts = None if allowed_hosts is None else frozenset(allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        wanted_id = Headers(scope=scope).get("x-request-id", "")
        request_id = wanted_id if _SAFE_ID.fullmatch(wanted_id) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_ours(message["headers"], request_id)
            await send(message)

        try:
            if not self._is_for_us(scope):
                response = problem_response(
                    request_id,
                    421,
                    "misdirected",
                    "这个名字不归本服务",
                    "请用启动时显示的地址访问",
                )
                await response(scope, receive, send_with_headers)
                return
            await self.app(scope, self._counted(scope, receive), send_with_headers)
        except Exception as error:  # the request's outer edge
            _log.error(
                "unexpected_error",
                request_id=request_id,
                error=type(error).__name__,
                where=_innermost_frame(error),
            )
            if status:
                raise RuntimeError("response aborted, see unexpected_error in the log") from None
            response = problem_response(
                request_id,
                500,
                "internal",
                "服务出错了",
                "服务端的问题，请把请求编号告诉管理员",
            )
            await response(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "?"
            route = getattr(scope.get("route"), "path", "-")
            if self.on_request is not None:
                self.on_request(method, route, status, seconds)
            _log.info(
                "request",
                request_id=request_id,
                method=method,
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
            )

    def _is_for_us(self, scope: Scope) -> bool:
        if self.allowed_hosts is None:
            return True
        host = Headers(scope=scope).get("host", "")
        return re.sub(r":\d*$", "", host).strip("[]").lower() in self.allowed_hosts

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        """Return a ``receive`` that refuses a body which is declared, or turns out, too large or slow."""
        declared = Headers(scope=scope).get("content-length", "")
        too_large = declared.isdecimal() and int(declared[:20]) > self.max_body_bytes
        received = 0

        is_whole = False
        loop = asyncio.get_running_loop()
        until = loop.time() + BODY_SECONDS

        async def counted() -> Message:
            nonlocal received, is_whole
            if too_large:
                raise HTTPException(413)
            if is_whole:
                return await receive()  # for the client to hang up: that may take its time
            try:
                async with asyncio.timeout_at(min(until, loop.time() + STALL_SECONDS)):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            if message["type"] == "http.request":
                is_whole = not message.get("more_body", False)
                received += len(message.get("body", b""))
                if received > self.max_body_bytes:
                    raise HTTPException(413)
            return message

        return counted


def _with_ours(
    headers: Iterable[tuple[bytes, bytes]], request_id: str
) -> list[tuple[bytes, bytes]]:
    """Add what every answer carries; what the answer says itself stands."""
    own = [(name, value) for name, value in headers if name != b"x-request-id"]
    said = {name for name, _value in own}
    added = [header for header in _RAW_HEADERS if header[0] not in said]
    return [*own, (b"x-request-id", request_id.encode()), *added]


def _innermost_frame(error: BaseException) -> str:
    """Return ``module:line`` of where it happened: enough to find it, and no values."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "?"
    return f"{frame.tb_frame.f_globals.get('__name__', '?')}:{frame.tb_lineno}"
