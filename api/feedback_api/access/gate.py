"""Lets a request in, or not, before its body is read.

Refusals are problems (401 without an accepted key, 403 without the right); a browser that asks
for a page is led to the login instead.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feedback_api import csrf
from feedback_api.access.identity import BadKey, Doorman
from feedback_api.access.limits import Limits, Taken
from feedback_api.access.policy import SAFE_METHODS, is_for_programs, needed_scope
from feedback_api.errors import on_feedback_error, problem_response
from feedback_nlp.access import Caller, acting
from feedback_nlp.access import Scope as Right
from feedback_nlp.access.caller import GUEST, Via
from feedback_nlp.access.scopes import word
from feedback_nlp.errors import FeedbackError

_GUESSES_PER_MINUTE = 60
_NOBODY = dataclasses.replace(GUEST, name="", scopes=frozenset())


class AccessGate:
    """Wraps the application, inside of :class:`feedback_api.edge.RequestEdge`.

    Args:
        app: The application inside.
        doorman: Knows the callers.
        now: The clock.
        rate: Requests a minute of one key.
        guest_rate: Requests a minute of one address without a key.
        ticks: Seconds that only grow.
    """

    def __init__(
        self,
        app: ASGIApp,
        doorman: Doorman,
        now: Callable[[], datetime],
        rate: int,
        guest_rate: int,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.doorman = doorman
        self.now = now
        self.rate = rate
        self.guest_rate = guest_rate
        self.limits = Limits(ticks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        needed = needed_scope(request.method, request.url.path)
        try:
            caller = await self.doorman.caller(request, self.now())
        except BadKey:
            # also where no right is needed: a wrong key must not look like a good one
            guesses = self.limits.take(f"guesses:{_address(request)}", _GUESSES_PER_MINUTE)
            refusal = self._refuse(request, 401, "密钥无效、过期或已吊销")
            if not guesses.allowed:
                refusal = _too_many(request, guesses)
            await refusal(scope, receive, send)
            return
        except FeedbackError as error:
            response = await on_feedback_error(request, error)
            await response(scope, receive, send)
            return
        taken = self._take(request, caller)
        if taken is not None:
            if not taken.allowed:
                await _too_many(request, taken)(scope, receive, send)
                return
            send = _telling(send, taken)
        rejection = None if needed is None else self._refusal(request, caller, needed)
        if rejection is not None:
            await rejection(scope, receive, send)
            return
        known = dataclasses.replace(caller or _NOBODY, request_id=_request_id(request))
        scope["state"]["caller"] = known
        with acting(known):
            await self.app(scope, receive, send)

    def _take(self, request: Request, caller: Caller | None) -> Taken | None:
        """Count the request against its caller; this machine's own are not counted."""
        if caller is not None and caller.via is Via.LOCAL:
            return None
        if caller is None or caller.key_id is None:
            return self.limits.take(f"address:{_address(request)}", self.guest_rate)
        return self.limits.take(f"key:{caller.key_id}", self.rate)

    def _refusal(self, request: Request, caller: Caller | None, needed: Right) -> Response | None:
        is_safe = request.method in SAFE_METHODS
        if caller is None or (caller.via is Via.GUEST and not (is_safe and caller.may(needed))):
            if is_safe and not is_for_programs(request.url.path):
                there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/login?next={quote(there, safe='')}", status_code=303)
            return self._refuse(request, 401, "这个地址要带密钥")
        if not caller.may(needed):
            return problem_response(
                _request_id(request),
                403,
                "forbidden",
                "没有权限",
                f"这个密钥没有“{word(needed)}”（{needed.value}）权限，请管理员换一个",
            )
        if caller.via is Via.SESSION and not is_safe and not _is_of_our_page(request):
            return problem_response(
                _request_id(request),
                403,
                "foreign-form",
                "不是从本页面提交的",
                "用登录的浏览器调用接口要带 X-CSRF-Token；程序请用密钥",
            )
        return None

    def _refuse(self, request: Request, status: int, title: str) -> Response:
        return problem_response(
            _request_id(request),
            status,
            "unauthorized",
            title,
            "在请求头里写 Authorization: Bearer 密钥；密钥向管理员要",
            headers={"WWW-Authenticate": 'Bearer realm="feedback-nlp"'},
        )


async def get_caller(request: Request) -> Caller:
    """Return who asks."""
    caller: Caller = request.state.caller
    return caller


CallerDep = Annotated[Caller, Depends(get_caller)]
"""Whoever asks."""


def _too_many(request: Request, taken: Taken) -> Response:
    return problem_response(
        _request_id(request),
        429,
        "too-many-requests",
        "请求太多",
        f"每分钟最多 {taken.limit:,} 次，请 {taken.retry_seconds} 秒后再来",
        headers=taken.headers,
    )


def _telling(send: Send, taken: Taken) -> Send:
    """Return a ``send`` whose answer says what is left."""

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in taken.headers.items():
                headers.setdefault(name, value)
        await send(message)

    return tell


def _address(request: Request) -> str:
    return request.client.host if request.client else "?"


def _is_of_our_page(request: Request) -> bool:
    """Tell whether a change by a session comes from us; forms of pages check their own token."""
    if is_for_programs(request.url.path):
        return csrf.is_ours(request, request.headers.get(csrf.HEADER))
    return csrf.is_from_us(request)


def _request_id(request: Request) -> str:
    return str(request.scope.setdefault("state", {}).get("request_id", ""))
