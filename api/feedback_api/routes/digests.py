"""The weekly digest, as JSON for programs, as HTML and Markdown for people."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse

from feedback_api.errors import document
from feedback_api.services import ServicesDep
from feedback_api.validation import Word
from feedback_nlp.jobs.digest import compute_digest
from feedback_nlp.report.as_json import to_payload
from feedback_nlp.report.html import render_html
from feedback_nlp.report.markdown import render_markdown

router = APIRouter(prefix="/v1/digests", tags=["周报"])
_MARKDOWN = "text/markdown"


@router.get(
    "/{week}",
    operation_id="get_digest",
    response_class=Response,
    responses={
        200: {
            "description": "周报；JSON 里每个数字都带着能重新数出它的条件",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/html": {"schema": {"type": "string"}},
                _MARKDOWN: {"schema": {"type": "string"}},
            },
        },
        **document(404, 422, 503),
    },
)
def get_digest(
    services: ServicesDep,
    week: Annotated[
        str,
        Path(
            pattern=r"^(latest|20[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3]))$",
            description="哪一周；latest 是有数据的最后一周",
            examples=["latest"],
        ),
    ],
    product: Annotated[Word | None, Query(description="只看这个产品")] = None,
    format: Annotated[  # noqa: A002 - the caller's word
        Literal["json", "html", "md"], Query(description="返回的格式")
    ] = "json",
) -> Response:
    """一周的变化：新增、上升、下降、消失、复发，多少人说、怎么说的、处理到哪一步。"""
    with services.database.read() as session:
        digest = compute_digest(
            session,
            services.config,
            zone=services.settings.zone,
            week=None if week == "latest" else week,
            product=product,
        )
    if format == "html":
        return HTMLResponse(render_html(digest))
    if format == "md":
        return Response(render_markdown(digest), media_type=_MARKDOWN)
    return JSONResponse(to_payload(digest))
