"""``/report``: the digest of the last week with data on paper, or what to do first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from feedback_api.hints import HINTS
from feedback_api.pages import templates
from feedback_api.services import ServicesDep
from feedback_api.validation import Word
from feedback_nlp.errors import NotFound

router = APIRouter(include_in_schema=False)


@router.get("/report", response_class=HTMLResponse)
def show_report(
    services: ServicesDep,
    week: Annotated[Word | None, Query()] = None,
    product: Annotated[Word | None, Query()] = None,
) -> HTMLResponse:
    """本周周报。"""
    try:
        page = services.digest(".html", week or None, product or None)
    except NotFound as error:
        empty = templates.get_template("empty.html")
        return HTMLResponse(empty.render(message=error.message, hint=error.advice(HINTS)))
    return HTMLResponse(page)
