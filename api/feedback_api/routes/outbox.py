"""What goes out: the outbox, the outlets, and a digest sent by hand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from fastapi.openapi.models import Example

from feedback_api.errors import document
from feedback_api.outbox_schemas import (
    DigestSendPost,
    DigestSent,
    OutboxMessage,
    OutboxPage,
    OutletList,
    OutletOut,
    OutletTested,
)
from feedback_api.parameters import LATEST_OR_PERIOD, Before, RowId
from feedback_api.services import ServicesDep
from feedback_nlp.jobs.delivering import tell_causes
from feedback_nlp.outlets.records import OutboxState
from feedback_nlp.store import outbox, outbox_pace

router = APIRouter(prefix="/v1", tags=["发送"])
OutletName = Annotated[str, Path(pattern=r"^[\w.-]{1,60}$", description="出口的名字")]


@router.get("/outbox", operation_id="list_outbox", responses=document(422, 503))
def list_outbox(
    services: ServicesDep,
    state: Annotated[OutboxState | None, Query(description="只看这种状态")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="最多几条")] = 50,
    before: Before = None,
) -> OutboxPage:
    """要发给外面的消息，新的在前：待发、已发、失败、不确定是否送达。"""
    states = [state.value] if state else []
    with services.database.read() as session:
        rows = outbox.rows_in(session, states, limit=limit, before_id=before)
        return OutboxPage(items=[OutboxMessage.of(row) for row in rows])


@router.post(
    "/outbox/{message_id}/retry",
    operation_id="retry_message",
    responses=document(404, 409, 422, 503),
)
def retry_message(services: ServicesDep, message_id: RowId) -> OutboxPage:
    """重发一条发送失败或不确定是否送达的消息；它后面没发出的几段一起重发。"""
    with services.database.write() as session:
        rows = outbox.retry(session, message_id, now=services.now())
        tell_causes(session, rows)
        return OutboxPage(items=[OutboxMessage.of(row) for row in rows])


@router.post(
    "/outbox/{message_id}/cancel",
    operation_id="cancel_message",
    responses=document(404, 409, 422, 503),
)
def cancel_message(services: ServicesDep, message_id: RowId) -> OutboxMessage:
    """取消一条还没有发出的消息。"""
    with services.database.write() as session:
        row = outbox.cancel(session, message_id, now=services.now())
        tell_causes(session, [row])
        return OutboxMessage.of(row)


@router.get("/outlets", operation_id="list_outlets", responses=document(503))
def list_outlets(services: ServicesDep) -> OutletList:
    """已配置的出口；地址就是密码，所以不显示。"""
    with services.database.read() as session:
        reasons = outbox_pace.stopped(session)
    return OutletList(
        items=[
            OutletOut(name=name, channel=sender.channel, stopped=reasons.get(name))
            for name, sender in services.outlets.senders.items()
        ]
    )


@router.post("/outlets/{name}/test", operation_id="test_outlet", responses=document(404, 422, 503))
def test_outlet(services: ServicesDep, name: OutletName) -> OutletTested:
    """向一个出口发一条测试消息；worker 随后发出，结果见 GET /v1/outbox。"""
    from feedback_nlp.jobs.send_digest import owe_test  # noqa: PLC0415 - loads all stages

    owe_test(services.database, services.outlets, name, now=services.now())
    return OutletTested(outlet=name, owed=1)


@router.post(
    "/digests/{week}/send",
    operation_id="send_digest",
    responses=document(400, 404, 413, 422, 503),
)
def send_digest(
    services: ServicesDep,
    week: Annotated[
        str, Path(pattern=LATEST_OR_PERIOD, description="哪一周或哪一月", examples=["latest"])
    ],
    wanted: Annotated[
        DigestSendPost, Body(openapi_examples={"发到群里": Example(value={"to": ["ops"]})})
    ],
) -> DigestSent:
    """把周报或月报发到出口；同一周对同一出口只发一次。worker 随后发出，结果见 GET /v1/outbox。"""
    from feedback_nlp.jobs.send_digest import send_digest as send  # noqa: PLC0415

    sending = send(
        services.database,
        services.config,
        services.outlets,
        wanted.to,
        zone=services.settings.zone,
        now=services.now(),
        week=None if week == "latest" else week,
        product=wanted.product,
        again=wanted.again,
    )
    return DigestSent(week=sending.week, owed=sending.owed)
