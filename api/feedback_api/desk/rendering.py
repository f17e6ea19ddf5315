"""Turns a template and its values into a page, with the shell around it and its headers."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feedback_api import csrf
from feedback_api.desk import links, marks
from feedback_api.desk.shell import Shell
from feedback_nlp.labels import (
    Intent,
    ReporterStatus,
    RequestStatus,
    Sentiment,
    SourceKind,
    actor_name,
    label,
)
from feedback_nlp.report import wording

HERE = Path(__file__).parent
_FLASH = "feedback_flash"
_PAGE_HEADERS = {
    # Scripts are our own files and nothing else; htmx is told not to evaluate anything.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors "
    ),
}


@cache
def asset(name: str) -> str:
    """Return the address of a static file, with a mark of its content for caches."""
    content = (HERE / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"


def page(
    request: Request,
    template: str,
    shell: Shell,
    *,
    status: int = 200,
    **values: Any,
) -> HTMLResponse:
    """Render a page.

    Args:
        request: What is answered.
        template: Its file.
        shell: Filters and lists for the frame around it.
        status: HTTP status.
        values: What the template shows; every text is escaped.
    """
    response = HTMLResponse(
        templates()
        .get_template(template)
        .render(
            shell=shell,
            csrf=csrf.token_of(request),
            flash=_flash(request),
            here=str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
            zone=shell.zone,
            **values,
        ),
        status_code=status,
        headers=_headers(request),
    )
    csrf.hand_out(request, response)
    if _FLASH in request.cookies:
        response.delete_cookie(_FLASH)
    return response


def _headers(request: Request) -> dict[str, str]:
    """Return the policy of pages: who may frame them is what the deployment says, else nobody."""
    sites = request.app.state.services.settings.frame_ancestors
    return {name: value + (sites or "'none'") for name, value in _PAGE_HEADERS.items()}


def done(to: str, words: str, undo: Mapping[str, str] | None = None) -> RedirectResponse:
    """Answer a post: go on to a page that says what was done.

    Args:
        to: A path of ours.
        words: What was done, in Chinese.
        undo: Fields of the form that takes it back; ``action`` is its path.
    """
    response = RedirectResponse(to, status_code=303)
    told = json.dumps({"words": words, "undo": dict(undo or {})}).encode()
    response.set_cookie(
        _FLASH,
        base64.urlsafe_b64encode(told).decode(),
        max_age=60,
        httponly=True,
        samesite="strict",
    )
    return response


def our_path(wanted: str, otherwise: str) -> str:
    """Return where to go on to: a path on this service, never elsewhere."""
    is_path = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_path and not any(sign < " " for sign in wanted) else otherwise


def _flash(request: Request) -> dict[str, Any] | None:
    try:
        told = json.loads(base64.urlsafe_b64decode(request.cookies.get(_FLASH, "")))
        undo = {str(name): str(value) for name, value in told["undo"].items()}
        if undo and not our_path(undo.get("action", ""), ""):
            undo = {}
        return {"words": str(told["words"]), "undo": undo}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@cache
def templates() -> Environment:
    """Return the templates of the pages; every text in them is escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        sentiment=lambda value: label(Sentiment(value)) if value else "未分析",
        intent=lambda value: label(Intent(value)) if value else "未分析",
        status=lambda value: label(RequestStatus(value)),
        reporter=lambda value: label(ReporterStatus(value)),
        kind=lambda value: label(SourceKind(value)),
        word=label,
        actor=actor_name,
        day=_day,
        moment=_moment,
        shorten=_shorten,
        first_clause=lambda text: text.split("；")[0],
        week=links.week_words,
        stars=marks.stars,
    )
    environment.globals.update(
        asset=asset,
        zip=zip,
        href=links.href,
        href_of=links.href_of,
        query=urlencode,
        intents=[(value.value, label(value)) for value in Intent],
        sparkline=marks.sparkline,
        peak=wording.peak_words,
        interval_bar=marks.interval_bar,
    )
    return environment


def _day(value: date) -> str:
    return f"{value.month}月{value.day}日"


def _moment(value: datetime, zone: Any) -> str:
    local = value.astimezone(zone)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _shorten(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
