"""Forms are answered only if our own page sent them: a token in a cookie and in the form.

Double submit: the cookie is ``SameSite=Strict`` and ``HttpOnly``, so that another site can
neither read it nor make a browser send it. Where the browser says which site a post came
from (``Sec-Fetch-Site``), that must be ours, too.

Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

import hmac
import re
import secrets

from fastapi import Request, Response

from feedback_nlp.errors import Conflict

COOKIE = "feedback_csrf"
FIELD = "csrf"
HEADER = "x-csrf-token"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_OURS = frozenset({"same-origin", "none"})


class ForeignForm(Conflict):
    """A post that does not come from a page of ours."""

    code = "foreign-form"
    title = "表单已失效"


def token_of(request: Request) -> str:
    """Return the token of the browser that asks; a new one if it has none."""
    found = request.cookies.get(COOKIE, "")
    if _TOKEN.fullmatch(found):
        return found
    made: str = getattr(request.state, COOKIE, "") or secrets.token_urlsafe(32)
    setattr(request.state, COOKIE, made)
    return made


def hand_out(request: Request, response: Response) -> None:
    """Give the browser its token with a page, if it has none yet."""
    if made := getattr(request.state, COOKIE, ""):
        response.set_cookie(
            COOKIE,
            made,
            httponly=True,
            samesite="none" if is_framed(request) else "strict",
            secure=is_framed(request) or request.url.scheme == "https",
        )


def is_framed(request: Request) -> bool:
    """Whether pages may stand in pages of others: their cookies have to be sent from there."""
    settings = request.app.state.services.settings
    is_secure = settings.secure_cookies or request.url.scheme == "https"
    return bool(settings.frame_ancestors) and is_secure


def check(request: Request, sent: object) -> None:
    """Refuse a post without the token of its browser.

    Args:
        request: The post.
        sent: Its field ``csrf``.

    Raises:
        ForeignForm: If the token is missing or another one, or another site sent the form.
    """
    if not is_ours(request, sent):
        raise ForeignForm(
            "这个表单不是从本页面提交的，或者页面放得太久了", hint="返回上一页，刷新后再提交一次"
        )


def is_ours(request: Request, sent: object) -> bool:
    """Tell whether a post has the token of its browser, in a field or a header."""
    held = request.cookies.get(COOKIE, "")
    is_same = isinstance(sent, str) and hmac.compare_digest(held.encode(), sent.encode())
    return bool(_TOKEN.fullmatch(held)) and is_same and is_from_us(request)


def is_from_us(request: Request) -> bool:
    """Tell whether a browser that says which site a request comes from names ours."""
    return request.headers.get("sec-fetch-site", "same-origin") in _OURS
