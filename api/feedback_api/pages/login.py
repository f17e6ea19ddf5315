"""``/login``: a key for a session of this browser."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from feedback_api import csrf
from feedback_api.access.identity import SESSION_COOKIE, Doorman
from feedback_api.desk.rendering import asset
from feedback_api.errors import ProblemError
from feedback_api.pages import templates
from feedback_api.services import ServicesDep
from feedback_nlp.access import Scope
from feedback_nlp.access.sessions import LASTS

router = APIRouter(include_in_schema=False)
_MAX_FORM_BYTES = 8_192


@router.get("/login", response_class=HTMLResponse)
def show_login(
    request: Request, there: Annotated[str, Query(alias="next", max_length=2_000)] = "/"
) -> HTMLResponse:
    """登录页。"""
    return _page(request, there)


@router.post("/login")
async def log_in(request: Request, services: ServicesDep) -> Response:
    """登录：密钥换会话。"""
    form = await _form(request)
    there = _own_address(form.get("next", "/"))
    if not csrf.is_ours(request, form.get(csrf.FIELD)):
        return _page(request, there, "页面放得太久了，请再输入一次", status=403)
    doorman: Doorman = request.app.state.doorman
    caller = await doorman.holder(form.get("key", "").strip())
    if caller is None or caller.key_id is None:
        return _page(request, there, "密钥无效、过期或已吊销", status=401)
    if not caller.may(Scope.READ):
        return _page(request, there, "这个密钥只能送反馈，不能登录", status=403)
    response = RedirectResponse(there, status_code=303)
    response.set_cookie(
        SESSION_COOKIE,
        doorman.seal.seal(caller.key_id, services.now()),
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        # a link in a chat leads to the page and not to the login
        samesite="none" if csrf.is_framed(request) else "lax",
        secure=services.settings.secure_cookies or request.url.scheme == "https",
    )
    return response


@router.post("/logout")
async def log_out(request: Request) -> Response:
    """退出登录。"""
    form = await _form(request)
    if not csrf.is_ours(request, form.get(csrf.FIELD)):
        raise ProblemError(403, "foreign-form", "不是从本页面提交的", "刷新页面后再试")
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _page(request: Request, there: str, message: str = "", *, status: int = 200) -> HTMLResponse:
    page = templates.get_template("login.html").render(
        next=_own_address(there),
        message=message,
        csrf=csrf.token_of(request),
        css=asset("desk.css"),
    )
    response = HTMLResponse(page, status_code=status)
    csrf.hand_out(request, response)
    return response


async def _form(request: Request) -> dict[str, str]:
    """Return the first value of each field of a small form."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_FORM_BYTES:
            raise ProblemError(413, "too-large", "请求体太大")
    text = body.decode("utf-8", "replace")
    try:
        fields = parse_qs(text, max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _own_address(there: str) -> str:
    """Return an address of this service; ``/`` for anything that could lead elsewhere."""
    is_own = there.startswith("/") and not there.startswith(("//", "/\\")) and there.isprintable()
    return there if is_own and "\\" not in there else "/"
