"""Reads texts without storing them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example

from feedback_api.errors import document
from feedback_api.schemas import Classified, ClassifyPost, ReadText, ReadUnit
from feedback_api.services import ServicesDep

router = APIRouter(prefix="/v1/classify", tags=["读懂文本"])


@router.post("", operation_id="classify", responses=document(400, 413, 422, 500))
def classify(
    services: ServicesDep,
    wanted: Annotated[
        ClassifyPost,
        Body(
            openapi_examples={
                "两条": Example(
                    value={
                        "items": [
                            {"id": "1", "text": "质量还行，要是能再送个小礼品就更好了"},
                            {"id": "2", "text": "更新以后一直闪退", "rating": 1},
                        ]
                    }
                )
            }
        ),
    ],
) -> Classified:
    """每段话的情感和意图，以及其中每个观点的位置；什么也不存。"""
    understood = services.engine().understand(
        [item.text for item in wanted.items], [item.rating for item in wanted.items]
    )
    return Classified(
        items=[
            ReadText(
                id=item.id,
                text=item.text,
                sentiment=result.sentiment,
                sentiment_score=result.sentiment_score,
                intent=result.intent,
                signals=list(result.signals),
                units=[ReadUnit.model_validate(unit) for unit in result.units],
            )
            for item, result in zip(wanted.items, understood, strict=True)
        ]
    )
