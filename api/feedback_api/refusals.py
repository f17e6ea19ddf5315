"""What a browser is shown where a program gets a problem: a page, never JSON.

Most errors of the desk are pages already. What is refused before a route runs (no key, no right,
too much, too large), what no route knows, and what breaks, leaves as ``application/problem+json``;
here it becomes a page when a person's browser asked for one. Addresses of the API stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feedback_api.access.policy import is_for_programs
from feedback_api.desk.rendering import asset, templates
from feedback_api.errors import PROBLEM_MEDIA_TYPE, TYPE_PREFIX

#: What a person reads instead of words for programmers, by code: title, what to do.
_WORDS: dict[str, tuple[str, str]] = {
    "bad-request": ("提交的内容读不懂", "回到上一页，重新填一次"),
    "no-such-route": ("没有这个页面", "地址可能抄错了，或者这个东西已经不在了"),
    "method-not-allowed": ("这个页面不能直接打开", "它要从别的页面点进来，从菜单重新进入"),
    "too-slow": ("没有按时传完", "网络慢或断了，再试一次"),
    "too-large": ("文件太大", "超过了服务端允许的大小，拆成几个文件再传"),
    "unauthorized": ("要先登录", "登录过期了，或密钥已吊销；密钥向管理员要"),
    "foreign-form": ("页面放得太久了", "回到上一页，刷新后再提交一次"),
    "store": ("数据库现在用不了", "等几秒再试；一直这样就把下面的编号告诉管理员"),
}
_BROKEN = ("服务出错了", "不是你的问题。把下面的编号告诉管理员，他在日志里查得到")


class PagesForPeople:
    """Wraps the application, outermost.

    Args:
        app: The application inside.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; what no browser asks for passes through."""
        if scope["type"] != "http" or not _is_for_a_person(scope):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def turned(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if kind.startswith(PROBLEM_MEDIA_TYPE):
                    start = message
                    return
            elif start is not None:
                body += message.get("body", b"")
                if message.get("more_body", False):
                    return
                page = problem_page(json.loads(body)).encode()
                headers = MutableHeaders(raw=list(start["headers"]))
                headers["content-type"] = "text/html; charset=utf-8"
                headers["content-length"] = str(len(page))
                await send({**start, "headers": headers.raw})
                await send({"type": "http.response.body", "body": page})
                return
            await send(message)

        await self.app(scope, receive, turned)


def problem_page(problem: Mapping[str, Any]) -> str:
    """Return the page of a problem.

    Args:
        problem: As programs get it.
    """
    status = int(problem["status"])
    code = str(problem["type"]).removeprefix(TYPE_PREFIX)
    title, hint = _WORDS.get(code, (str(problem["title"]), str(problem.get("detail", ""))))
    if status >= 500 and code not in _WORDS:
        title, hint = _BROKEN
    number = str(problem.get("instance", "")).removeprefix("urn:request:") if status >= 500 else ""
    return (
        templates()
        .get_template("refused.html")
        .render(
            title=title,
            hint=hint,
            number=number,
            is_login=code == "unauthorized",
            css=asset("desk.css"),
        )
    )


def _is_for_a_person(scope: Scope) -> bool:
    """Tell whether a browser opens an address of the pages, or sends one of their forms."""
    return not is_for_programs(scope["path"]) and "text/html" in Headers(scope=scope).get(
        "accept", ""
    )
