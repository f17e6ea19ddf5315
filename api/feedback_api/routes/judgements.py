"""Judgements: people say what a unit means; it stands, and is a label to learn from."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.openapi.models import Example
from pydantic import ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from feedback_api.errors import document
from feedback_api.routes.topic_edits import Actor
from feedback_api.schemas import Incoming, Outgoing
from feedback_api.services import ServicesDep
from feedback_api.validation import MAX_ID
from feedback_nlp.editing import Edit, judging
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.store.judgements import labels

router = APIRouter(prefix="/v1", tags=["反馈"])
UnitId = Annotated[int, Path(ge=1, le=MAX_ID, description="观点编号")]


_SOMETHING: JsonDict = {
    "anyOf": [
        {"required": [name], "properties": {name: {"type": "string"}}}
        for name in ("sentiment", "intent")
    ]
}
# A unit says one thing: it is never mixed.
_OfUnit = Annotated[
    Sentiment, WithJsonSchema({"type": "string", "enum": ["neg", "neu", "pos"]}, mode="validation")
]


class JudgementIn(Incoming):
    """What a person says; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=_SOMETHING)

    actor: Actor
    sentiment: _OfUnit | None = Field(default=None, description="pos、neu 或 neg")
    intent: Intent | None = Field(default=None, description="意图")


class JudgementOut(Outgoing):
    """What a person said, and what the engine had said."""

    feedback_id: int
    sentiment: Sentiment
    intent: Intent
    engine_sentiment: Sentiment
    engine_intent: Intent
    actor: str


class LabelOut(Outgoing):
    """A label to learn from."""

    text: str = Field(description="那句话")
    sentiment: Sentiment
    intent: Intent
    actor: str


class Labels(Outgoing):
    """All judgements that hold."""

    items: list[LabelOut]


@router.post(
    "/units/{unit_id}/judgement",
    operation_id="judge_unit",
    responses=document(400, 404, 413, 422, 503),
)
def judge(
    services: ServicesDep,
    unit_id: UnitId,
    wanted: Annotated[
        JudgementIn,
        Body(
            openapi_examples={
                "其实是建议": Example(
                    value={"actor": "林晓", "sentiment": "neu", "intent": "feature"}
                )
            }
        ),
    ],
) -> JudgementOut:
    """改一个观点的情感或意图。以后的分析不会改回去；它也是 train classifier 的标注。"""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    edit = Edit(actor=wanted.actor, now=services.now())
    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        row = desk.apply(
            lambda session, edit: judging.judge(
                session, unit_id, wanted.sentiment, wanted.intent, edit
            )
        )
        return JudgementOut.model_validate(row, from_attributes=True)


@router.delete(
    "/units/{unit_id}/judgement",
    operation_id="undo_judgement",
    responses=document(404, 422, 503),
)
def undo(
    services: ServicesDep,
    unit_id: UnitId,
    actor: Annotated[str, Query(min_length=1, max_length=100, description="谁撤销")],
) -> JudgementOut:
    """撤销一个观点上的最后一次改判断。"""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    edit = Edit(actor=actor, now=services.now())
    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        row = desk.apply(lambda session, edit: judging.undo(session, unit_id, edit))
        return JudgementOut.model_validate(row, from_attributes=True)


@router.get("/judgements", operation_id="list_judgements", responses=document(503))
def list_judgements(services: ServicesDep) -> Labels:
    """人改过的判断，可以直接拿去训练。"""
    with services.database.read() as session:
        found: list[Any] = list(labels(session))
    return Labels(
        items=[
            LabelOut(
                text=one.text,
                sentiment=Sentiment(one.sentiment),
                intent=Intent(one.intent),
                actor=one.actor,
            )
            for one in found
        ]
    )
