"""Feedback in and out."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.openapi.models import Example

from feedback_api.access import CallerDep
from feedback_api.errors import ProblemError, document
from feedback_api.feedback_schemas import FeedbackPage, FeedbackPost, FeedbackPosted
from feedback_api.intake import outcomes, read_item
from feedback_api.paging import bounded, cut_page, decode_cursor, encode_cursor
from feedback_api.parameters import FeedbackQuery
from feedback_api.services import ServicesDep
from feedback_api.shapes import feedback_out
from feedback_api.validation import FieldError
from feedback_nlp.jobs.posts import Receipt
from feedback_nlp.labels import ItemStatus
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.store import queries
from feedback_nlp.store.queries import FeedbackPosition, FeedbackRow

router = APIRouter(prefix="/v1/feedback", tags=["反馈"])
_LIST = "feedback"
_SMALL_BYTES = 4_096
_SOURCE = {"name": "官网反馈", "kind": "in_app", "product": "小岛记账"}
_EXAMPLES = {
    "两条": Example(
        value={
            "source": _SOURCE,
            "items": [
                {
                    "source_key": "fb-1001",
                    "text": "升级到 3.2 以后一点记账就闪退",
                    "rating": 1,
                    "author": "user-87",
                    "app_version": "3.2.0",
                    "occurred_at": "2026-11-16T09:30:00+08:00",
                },
                {"source_key": "fb-1002", "text": "希望能导出 Excel"},
            ],
        }
    ),
    "最少只要这些": Example(
        value={
            "source": {"name": "官网反馈", "kind": "in_app"},
            "items": [{"source_key": "fb-1003", "text": "退款一直没到账"}],
        }
    ),
}


@router.get("", operation_id="list_feedback", responses=document(422, 503))
def list_feedback(
    request: Request,
    response: Response,
    services: ServicesDep,
    asked: Annotated[FeedbackQuery, Query()],
) -> FeedbackPage:
    """反馈和其中的每个观点，新的在前。"""
    wanted = asked.wanted(services.settings.zone)
    after = decode_cursor(_LIST, asked.cursor, _position)
    with services.database.read() as session:
        rows = queries.feedback_page(session, wanted, limit=asked.limit + 1, after=after)
        page, next_cursor = cut_page(
            rows, asked.limit, _cursor_of, request=request, response=response
        )
        return FeedbackPage(items=feedback_out(session, page), next_cursor=next_cursor)


@router.post(
    "",
    operation_id="post_feedback",
    responses=document(400, 409, 413, 422, 503),
)
async def post_feedback(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    wanted: Annotated[FeedbackPost, Body(openapi_examples=_EXAMPLES)],
) -> FeedbackPosted:
    """送来反馈，一条或多条；返回 200 就已落盘。

    同一来源的同一个 source_key 只存一份，超时了照原样重发即可。每一条各有结果：
    accepted 新存，duplicate 已有，rejected 拒收并说明原因；全部拒收时返回 422，全是编号冲突则返回 409。
    """
    if caller.source is not None and wanted.source.name != caller.source:
        raise ProblemError(
            403, "forbidden", "没有权限", f"这个密钥只能给来源 {caller.source} 送反馈"
        )

    def take() -> tuple[list[RawItem | Rejection], Future[Receipt]]:
        items = [
            read_item(position, item, services.settings.zone)
            for position, item in enumerate(wanted.items)
        ]
        source = wanted.source
        return items, services.posts.post(
            items,
            source=source.name,
            now=services.now(),
            kind=source.kind,
            product=source.product,
        )

    # A thread's turn costs a small post more than its work, which is over within some ms.
    is_small = len(await request.body()) <= _SMALL_BYTES and services.posts.is_ready
    items, stored = (
        take() if is_small else await to_thread.run_sync(take, limiter=services.post_threads)
    )
    # Waits without a thread: posts that wait for the disk must not keep readers out.
    posted = outcomes(await services.stored.result(stored), items)
    if posted.rejected_count == posted.read_count:
        only_conflicts = all(item.reason == "key-conflict" for item in posted.items)
        raise ProblemError(
            409 if only_conflicts else 422,
            "all-rejected",
            "全部条目都被拒收",
            "每一条的原因见 errors；改好后可以重发",
            errors=[
                FieldError(
                    pointer=f"/items/{item.index}",
                    code=item.reason or ItemStatus.REJECTED.value,
                    detail=item.detail or "",
                )
                for item in posted.items
            ],
            extensions={"batch_id": posted.batch_id},
        )
    return posted


def _cursor_of(row: FeedbackRow) -> str:
    return encode_cursor(_LIST, (row.feedback.occurred_at.isoformat(), row.feedback.id or 0))


def _position(key: list[Any]) -> FeedbackPosition:
    occurred_at, feedback_id = key
    moment = datetime.fromisoformat(occurred_at)
    if moment.tzinfo is None:
        raise ValueError(occurred_at)
    return FeedbackPosition(moment, bounded(feedback_id))
