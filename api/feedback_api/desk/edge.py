"""What every route of the desk shares: pages for errors, checked posts, static files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from feedback_api import csrf
from feedback_api.desk import rendering
from feedback_api.desk.shell import ACTOR_COOKIE, FOLLOWING, actor_of, bare_shell
from feedback_api.errors import status_of
from feedback_nlp.clean.characters import clean_characters
from feedback_nlp.errors import FeedbackError, InputError

_YEAR = 365 * 24 * 3600
_ASSETS = {
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "vendor/htmx-2.0.11.min.js": "text/javascript",
}


class DeskRoute(APIRoute):
    """A route whose errors are pages, too, in the words that the API uses."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except FeedbackError as error:
                status = status_of(error)
                if status >= 500:
                    raise
                told = (error.title, error.message, error.advice(HINTS), status)
            except RequestValidationError:
                told = ("地址有误", "地址里的编号或参数读不懂", "从菜单重新进入", 422)
            except HTTPException as error:
                if error.status_code != 413:
                    raise
                told = ("文件太大", "超过了服务端允许的大小", "拆成几个文件再传", 413)
            return await run_in_threadpool(_error_page, request, *told)

        return handled


#: What a person at the desk should do, by the reason of an error.
HINTS: dict[str, str] = {
    "being-ingested": "等它导入完再试",
    "changed-meanwhile": "刷新页面看现在的样子，再决定要不要改",
    "duplicate-target-missing": "填上与哪个需求重复，例如 REQ-3",
    "no-actor": "填上你的名字",
    "no-feedback": "到“数据”页导入一个文件",
    "not-analysed": "到“数据”页点“立即分析”",
    "nothing-to-edit": "至少改一项",
    "not-judged": "没有可撤销的",
    "nothing-to-judge": "选一个情感或意图",
    "nothing-to-undo": "这个主题没有人改过",
    "reason-missing": "写一句原因",
    "topic-has-request": "直接改 {key}",
    "unknown-request": "在“需求”页找",
    "unknown-source": "在页面上方换一个来源，或选“全部来源”",
    "unknown-topic": "在“主题”页找",
}


def router() -> APIRouter:
    """Return a router of the desk: not in the API's document, with pages for errors."""
    return APIRouter(include_in_schema=False, route_class=DeskRoute)


class Posted:
    """The fields of a form that passed the check.

    Args:
        request: The post.
        form: Its fields.
    """

    def __init__(self, request: Request, form: FormData) -> None:
        self._request = request
        self._form = form

    def text(self, name: str, otherwise: str = "", limit: int = 2000) -> str:
        """Return a field without control characters and spaces around it."""
        value = self._form.get(name)
        return clean_characters(value).strip()[:limit] if isinstance(value, str) else otherwise

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def ids(self, name: str) -> list[int]:
        """Return what is an id of the values of a field."""
        return [int(value) for value in self.all(name) if value.isdecimal() and len(value) <= 9]

    def number(self, name: str) -> int:
        """Return a field as an id.

        Raises:
            InputError: If it is not one.
        """
        value = self.text(name)
        if not value.isdecimal() or len(value) > 9:
            raise InputError(f"{name} 写成了 {value[:40]!r}", hint="要一个编号")
        return int(value)

    def file(self, name: str) -> UploadFile | None:
        """Return an uploaded file; ``None`` if none was chosen."""
        value = self._form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def items(self) -> list[tuple[str, str]]:
        """Return all text fields."""
        return [(name, v) for name, v in self._form.multi_items() if isinstance(v, str)]

    @property
    def actor(self) -> str:
        """Who acts.

        Raises:
            InputError: If nobody said.
        """
        name = actor_of(self._request, self._form.get("actor"))
        if not name:
            raise InputError(
                "还不知道是谁改的", hint="在页面右上角“署名”里填上你的名字，再提交一次"
            )
        return name

    def next(self, otherwise: str) -> str:
        """Return the page to go on to."""
        return rendering.our_path(self.text("next"), otherwise)

    def onward(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """Return another page to go on to, with the filters of the page that the form was on.

        Args:
            path: The page.
            query: What to ask it for besides.
        """
        here = dict(parse_qsl(urlsplit(self.text("next")).query))
        asked = {name: here[name] for name in FOLLOWING if name in here} | dict(query or {})
        return f"{path}?{urlencode(asked)}" if asked else path


async def posted(request: Request) -> AsyncIterator[Posted]:
    """Read a form and check that a page of ours sent it."""
    form = await request.form(max_files=1, max_fields=20_000)
    try:
        csrf.check(request, form.get(csrf.FIELD))
        yield Posted(request, form)
    finally:
        await form.close()


PostedDep = Annotated[Posted, Depends(posted)]

frame = router()


@frame.get("/static/{name:path}")
def static_file(name: str) -> Response:
    """A file of the pages; its address changes with its content."""
    if name not in _ASSETS:
        raise HTTPException(404)
    return FileResponse(
        rendering.HERE / "static" / name,
        media_type=_ASSETS[name],
        headers={"Cache-Control": f"public, max-age={_YEAR}, immutable"},
    )


@frame.post("/desk/actor")
def name_actor(form: PostedDep) -> Response:
    """Remember under which name this browser's changes are written."""
    name = form.text("actor", limit=100)
    words = f"以后的改动都署名“{name}”。" if name else "署名清掉了。"
    response = rendering.done(form.next("/"), words)
    response.set_cookie(
        ACTOR_COOKIE, quote(name), max_age=_YEAR if name else 0, httponly=True, samesite="strict"
    )
    return response


def _error_page(request: Request, title: str, message: str, hint: str, status: int) -> Response:
    return rendering.page(
        request,
        "error.html",
        bare_shell(request, request.app.state.services),
        status=status,
        title=title,
        message=message,
        hint=hint,
    )
