"""The weekly or monthly digest: JSON for programs, HTML, Markdown and Excel for people."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from feedback_api.errors import document
from feedback_api.parameters import LATEST_OR_PERIOD
from feedback_api.services import ServicesDep
from feedback_api.validation import Word

router = APIRouter(prefix="/v1/digests", tags=["周报"])
_MEDIA_TYPES = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


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
                "text/markdown": {"schema": {"type": "string"}},
                _MEDIA_TYPES["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
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
            pattern=LATEST_OR_PERIOD,
            description="哪一周或哪一月（2026-11）；latest 是最近一个已结束、数据量正常的周",
            examples=["latest"],
        ),
    ],
    product: Annotated[Word | None, Query(description="只看这个产品")] = None,
    format: Annotated[  # noqa: A002 - the caller's word
        Literal["json", "html", "md", "xlsx"], Query(description="返回的格式")
    ] = "json",
) -> Response:
    """一周的变化：新增、上升、下降、消失、复发，多少人说、怎么说的、处理到哪一步。"""
    body = services.digest(f".{format}", None if week == "latest" else week, product)
    return Response(body, media_type=_MEDIA_TYPES[format])
