"""People's edits of topics: rename, merge, split, move, keep apart, pin, mute, nest, undo."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path
from fastapi.openapi.models import Example
from pydantic import Field
from sqlmodel import Session

from feedback_api.errors import document
from feedback_api.schemas import Incoming, Outgoing, TopicEventOut
from feedback_api.services import ServicesDep
from feedback_api.validation import MAX_ID, Id, Said
from feedback_nlp.editing import Edit, telling, topic_edits
from feedback_nlp.store import topic_reading

router = APIRouter(prefix="/v1/topics", tags=["主题"])

Actor = Annotated[
    Said, Field(min_length=1, max_length=100, description="谁改的", examples=["林晓"])
]
Name = Annotated[Said, Field(min_length=1, max_length=60, description="主题名")]
Units = Annotated[list[Id], Field(min_length=1, max_length=10_000, description="观点编号")]


class _Edit(Incoming):
    actor: Actor


class Rename(_Edit):
    """A name that later analyses keep."""

    action: Literal["rename"]
    name: Name


class Merge(_Edit):
    """Merge this topic into another one."""

    action: Literal["merge"]
    into: Id = Field(description="并入哪个主题")


class Split(_Edit):
    """Take units out into a new topic."""

    action: Literal["split"]
    units: Units
    name: Name


class Move(_Edit):
    """Put units of other topics into this one."""

    action: Literal["move"]
    units: Units


class Nest(_Edit):
    """Put this topic under another one, or at the top."""

    action: Literal["nest"]
    under: Id | None = Field(description="上级主题；null 为顶层")


class Apart(_Edit):
    """Say that this topic and another one are not one matter."""

    action: Literal["apart"]
    other: Id = Field(description="另一个主题")


class Flag(_Edit):
    """Pin, mute, or take either back; or undo the last edit of a person."""

    action: Literal["pin", "unpin", "mute", "unmute", "undo"]


AnyEdit = Annotated[
    Rename | Merge | Split | Move | Nest | Apart | Flag, Field(discriminator="action")
]


class Edited(Outgoing):
    """The topic the edit leads to, and its ledger's last entry."""

    topic_id: int = Field(description="合并后是留下的主题，拆分后是新主题")
    name: str
    event: TopicEventOut


@router.post(
    "/{topic_id}/edits",
    operation_id="edit_topic",
    responses=document(400, 404, 409, 413, 422, 503),
)
def edit_topic(
    services: ServicesDep,
    topic_id: Annotated[int, Path(ge=1, le=MAX_ID, description="主题编号，永久不变")],
    wanted: Annotated[
        AnyEdit,
        Body(
            openapi_examples={
                "改名": Example(
                    value={"action": "rename", "actor": "林晓", "name": "开屏广告关不掉"}
                ),
                "合并": Example(value={"action": "merge", "actor": "林晓", "into": 3}),
                "不是同一件事": Example(value={"action": "apart", "actor": "林晓", "other": 9}),
                "静音": Example(value={"action": "mute", "actor": "林晓"}),
                "撤销": Example(value={"action": "undo", "actor": "林晓"}),
            }
        ),
    ],
) -> Edited:
    """整理主题。需求、证据、优先级和周报同时跟上；都记入账本，可以撤销，以后的分析不会推翻。"""
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415 - knows all stages

    edit = Edit(actor=wanted.actor, now=services.now())
    with services.database.write() as session:
        desk = TopicDesk(session, services.config, services.settings.zone, edit)
        if isinstance(wanted, Flag) and wanted.action == "undo":
            desk.undo(topic_id)
            target_id = topic_id
        else:
            target_id = desk.apply(lambda session, edit: _apply(session, topic_id, wanted, edit))
        target = topic_reading.get_topic(session, target_id)
        event = topic_reading.history(session, topic_id)[-1]
        return Edited(
            topic_id=target_id,
            name=target.name,
            event=TopicEventOut.model_validate(
                {**event.model_dump(), "summary": telling.describe(event)}
            ),
        )


def _apply(session: Session, topic_id: int, wanted: AnyEdit, edit: Edit) -> int:
    """Apply an edit; return the topic it leads to."""
    match wanted:
        case Rename():
            topic = topic_edits.rename(session, topic_id, wanted.name, edit)
        case Merge():
            topic = topic_edits.merge(session, topic_id, wanted.into, edit)
        case Split():
            topic = topic_edits.split(session, topic_id, wanted.units, wanted.name, edit)
        case Move():
            topic = topic_edits.move_units(session, wanted.units, topic_id, edit)
        case Nest():
            topic = topic_edits.nest(session, topic_id, wanted.under, edit)
        case Apart():
            topic = topic_edits.keep_apart(session, topic_id, wanted.other, edit)
        case Flag(action="pin" | "unpin"):
            topic = topic_edits.set_pinned(session, topic_id, wanted.action == "pin", edit)
        case Flag():
            topic = topic_edits.set_muted(session, topic_id, wanted.action == "mute", edit)
    return topic.id or topic_id
