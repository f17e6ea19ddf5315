"""Evidence that people put behind a request, take out again, or move to another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example

from feedback_api.errors import document
from feedback_api.request_schemas import (
    Edited,
    EvidenceBack,
    EvidenceIn,
    EvidenceMoved,
    EvidenceMoveIn,
    UndoIn,
)
from feedback_api.routes.versions import RequestKey
from feedback_api.services import ServicesDep
from feedback_api.shapes import request_out
from feedback_nlp.requests import adding
from feedback_nlp.requests.moving import get_request

router = APIRouter(prefix="/v1/requests", tags=["需求"])

Wanted = Annotated[
    EvidenceIn,
    Body(
        openapi_examples={
            "说的是它": Example(value={"actor": "林晓", "unit_id": 1, "reason": "换了种说法"})
        }
    ),
]


@router.post(
    "/{key}/evidence", operation_id="add_evidence", responses=document(400, 404, 413, 422, 503)
)
def add_evidence(services: ServicesDep, key: RequestKey, wanted: Wanted) -> Edited:
    """把一个观点加为证据；以后的分析不会拿掉。已经是证据就什么也不做。"""
    return _changed(services, key, wanted, is_removal=False)


@router.post(
    "/{key}/evidence/remove",
    operation_id="remove_evidence",
    responses=document(400, 404, 409, 413, 422, 503),
)
def remove_evidence(services: ServicesDep, key: RequestKey, wanted: Wanted) -> Edited:
    """拿掉一个人加的观点；主题带来的证据，用 evidence/move 剔除。"""
    return _changed(services, key, wanted, is_removal=True)


@router.post(
    "/{key}/evidence/move",
    operation_id="move_evidence",
    responses=document(400, 404, 409, 413, 422, 503),
)
def move_evidence(
    services: ServicesDep,
    key: RequestKey,
    wanted: Annotated[
        EvidenceMoveIn,
        Body(
            openapi_examples={
                "剔除": Example(
                    value={"actor": "林晓", "unit_ids": [1], "reason": "说的不是这件事"}
                ),
                "移到": Example(value={"actor": "林晓", "unit_ids": [1], "to": "REQ-2"}),
            }
        ),
    ],
) -> EvidenceMoved:
    """剔除证据，或移到另一个需求；主题带来的会离开那个主题，以后的分析不会放回来。可以撤销。"""
    with services.database.write() as session:
        desk = services.evidence(session, wanted.actor, wanted.reason)
        to = desk.move(key, wanted.unit_ids, wanted.to)
        return EvidenceMoved(to=to, request=request_out(session, get_request(session, key)))


@router.post(
    "/{key}/evidence/move/undo",
    operation_id="undo_move_evidence",
    responses=document(400, 404, 409, 413, 422, 503),
)
def undo_move_evidence(
    services: ServicesDep,
    key: RequestKey,
    wanted: Annotated[UndoIn, Body(openapi_examples={"撤销": Example(value={"actor": "林晓"})})],
) -> EvidenceBack:
    """撤销最近一次剔除或移走：证据回到这个需求。"""
    with services.database.write() as session:
        count = services.evidence(session, wanted.actor, wanted.reason).undo(key)
        return EvidenceBack(count=count, request=request_out(session, get_request(session, key)))


def _changed(services: ServicesDep, key: str, wanted: EvidenceIn, *, is_removal: bool) -> Edited:
    change = adding.remove_evidence if is_removal else adding.add_evidence
    with services.database.write() as session:
        done = change(
            session,
            key,
            wanted.unit_id,
            actor=wanted.actor,
            now=services.local_now(),
            config=services.config.rank,
            zone=services.settings.zone,
            reason=wanted.reason,
        )
        return Edited(
            changed=done is not False, request=request_out(session, get_request(session, key))
        )
