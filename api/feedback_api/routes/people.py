"""What is stored of one person: given to them, or erased. Names travel in bodies, not in URLs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.encoders import jsonable_encoder
from fastapi.openapi.models import Example
from pydantic import Field

from feedback_api.errors import document
from feedback_api.schemas import Incoming, Outgoing
from feedback_api.services import Services, ServicesDep
from feedback_api.validation import Plain, Said
from feedback_nlp.jobs import bulk_files, erase_exports, people

router = APIRouter(prefix="/v1/people", tags=["个人信息"])
_EXAMPLE = {"author": "user-1024"}


class PersonIn(Incoming):
    """Who is meant, as feedback names its author."""

    author: Plain = Field(
        min_length=1, max_length=200, description="送来反馈时的 author", examples=["user-1024"]
    )


class ErasureIn(PersonIn):
    """Whom to erase, and who says so."""

    actor: Said = Field(max_length=100, min_length=1, description="谁删的", examples=["林晓"])
    reason: Plain = Field(
        default="", max_length=500, description="为什么", examples=["本人要求删除"]
    )


class PersonOut(Outgoing):
    """Everything that is stored of a person."""

    tables: dict[str, list[dict[str, Any]]] = Field(description="每个表里这个人的行")


class Erased(Outgoing):
    """What was erased."""

    counts: dict[str, int] = Field(description="每个表删除的行数")
    log_emptied: bool = Field(description="数据库日志里的旧内容也已清空")


@router.post("/export", operation_id="export_person", responses=document(400, 404, 413, 422, 503))
def export_person(
    services: ServicesDep,
    wanted: Annotated[PersonIn, Body(openapi_examples={"一个人": Example(value=_EXAMPLE)})],
) -> PersonOut:
    """导出存过的关于一个人的一切：反馈、观点、需求证据、通知。"""
    found = people.export_person(
        services.database,
        _key(services, wanted),
        secret=services.settings.plain_secret,
    )
    return PersonOut(tables=jsonable_encoder(found))


@router.post("/erase", operation_id="erase_person", responses=document(400, 404, 413, 422, 503))
def erase_person(
    services: ServicesDep,
    wanted: Annotated[
        ErasureIn,
        Body(openapi_examples={"一个人": Example(value={**_EXAMPLE, "actor": "林晓"})}),
    ],
) -> Erased:
    """彻底删除一个人：反馈、观点、证据、通知、检索索引、批量任务的文件。不能恢复；导出的文件另用命令行删。"""
    key = _key(services, wanted)
    traces = erase_exports.traces_of(services.database, key)
    report = people.erase_person(
        services.database,
        key,
        actor=wanted.actor,
        now=services.now(),
        reason=wanted.reason,
    )
    folder = bulk_files.jobs_folder(services.settings.jobs_folder, services.database.url)
    if folder.is_dir():
        erase_exports.erase_from_exports(folder, traces)
    return Erased(counts=dict(report.counts), log_emptied=report.log_emptied)


def _key(services: Services, wanted: PersonIn) -> str:
    return people.author_key(
        services.database, wanted.author, secret=services.settings.plain_secret
    )
