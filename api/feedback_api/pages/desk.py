"""``/``: the digest of the last week with data, or what to do first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from feedback_api.pages import templates
from feedback_api.services import ServicesDep
from feedback_api.validation import Word
from feedback_nlp.errors import NotFound
from feedback_nlp.jobs.digest import compute_digest
from feedback_nlp.report.html import render_html

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
def show_desk(
    services: ServicesDep,
    week: Annotated[Word | None, Query()] = None,
    product: Annotated[Word | None, Query()] = None,
) -> HTMLResponse:
    """本周周报。"""
    try:
        with services.database.read() as session:
            digest = compute_digest(
                session,
                services.config,
                zone=services.settings.zone,
                week=week,
                product=product,
            )
    except NotFound as error:
        page = templates.get_template("empty.html").render(message=error.message, hint=error.hint)
        return HTMLResponse(page)
    return HTMLResponse(render_html(digest))
