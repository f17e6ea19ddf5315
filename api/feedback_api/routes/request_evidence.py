"""Evidence that people put behind a request, and take out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example

from feedback_api.errors import document
from feedback_api.request_schemas import Edited, EvidenceIn, RequestOut
from feedback_api.routes.versions import RequestKey
from feedback_api.services import ServicesDep
from feedback_api.shapes import request_fields
from feedback_nlp.requests import adding
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.reading import request_row

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
    responses=document(400, 404, 413, 422, 503),
)
def remove_evidence(services: ServicesDep, key: RequestKey, wanted: Wanted) -> Edited:
    """拿掉一个人加的观点；主题带来的证据，改它的主题。"""
    return _changed(services, key, wanted, is_removal=True)


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
        row = request_row(session, get_request(session, key))
        return Edited(
            changed=done is not False, request=RequestOut.model_validate(request_fields(row))
        )
