"""Pushes of survey, feedback and support systems: each has an address of its own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import Field

from feedback_api.errors import ProblemError, document
from feedback_api.schemas import Outgoing
from feedback_api.services import Services, ServicesDep
from feedback_nlp.inlets.config import Inlet
from feedback_nlp.inlets.records import WrongSignature

router = APIRouter(prefix="/v1/ingest", tags=["推送"])
Token = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,128}$", description="这个来源自己的 token，相当于密码")
]


class Pushed(Outgoing):
    """What became of a push."""

    outcome: str = Field(
        description="stored、updated、unchanged、deleted、outdated、ignored、empty、duplicate 或 test",
        examples=["stored"],
    )
    detail: str = Field(description="中文说明", examples=["已收下"])
    counts: dict[str, int] = Field(description="收下 accepted、删除 deleted、拒收 rejected 各几条")
    dropped: list[str] = Field(description="没有保存的字段")


class InletShown(Outgoing):
    """That an address takes pushes."""

    connector: str = Field(description="按哪种推送读", examples=["wjx"])
    source: str = Field(description="存到哪个来源", examples=["用户问卷"])


async def _raw_body(request: Request) -> bytes:
    return await request.body()


@router.get("/{token}", operation_id="probe_ingest", responses=document(404, 422))
def probe_ingest(services: ServicesDep, token: Token, request: Request) -> InletShown:
    """看看这个地址在不在：有的系统保存推送设置前会先访问一次。"""
    inlet = _inlet(services, token, request)
    return InletShown(connector=inlet.connector.name, source=inlet.source)


@router.post(
    "/{token}", operation_id="post_ingest", responses=document(401, 403, 404, 413, 422, 503)
)
def post_ingest(
    services: ServicesDep,
    token: Token,
    request: Request,
    body: Annotated[bytes, Depends(_raw_body)],
) -> Pushed:
    """接收一次推送。同一事件重复推送、先后颠倒都不会出错；返回 200 就是已经落盘。"""
    from feedback_nlp.jobs.receive import receive  # noqa: PLC0415 - loads redaction

    inlet = _inlet(services, token, request)
    try:
        received = receive(
            services.database,
            inlet,
            body,
            {name.lower(): value for name, value in request.headers.items()},
            zone=services.settings.zone,
            now=services.now(),
            secret=services.settings.plain_secret,
            keep_contacts=services.settings.keep_contacts,
        )
    except WrongSignature as error:
        raise ProblemError(401, error.code, error.title, str(error)) from error
    return Pushed(
        outcome=received.outcome,
        detail=received.words,
        counts=dict(received.counts),
        dropped=list(received.dropped),
    )


def _inlet(services: Services, token: str, request: Request) -> Inlet:
    inlet = services.inlets.with_token(token)
    if inlet is None:
        raise ProblemError(404, "no-such-inlet", "没有这个推送地址", "检查 token 是否写全")
    client = request.client.host if request.client else ""
    if not inlet.admits(client):
        raise ProblemError(403, "forbidden", "不接收这个地址推送的内容", "来源的 IP 不在放行名单里")
    return inlet
