"""Analyses: what ran, what runs, and one more now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from feedback_api.errors import document
from feedback_api.job_schemas import JobOut, JobPage, JobQueued, RunPost
from feedback_api.parameters import Before, RowId
from feedback_api.services import ServicesDep
from feedback_nlp.store import job_queue
from feedback_nlp.worker import presence
from feedback_nlp.worker.handlers import ANALYZE
from feedback_nlp.worker.plans import analysis_wanted

router = APIRouter(prefix="/v1/runs", tags=["分析"])


@router.get("", operation_id="list_runs", responses=document(422, 503))
def list_runs(
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=100, description="最多几条")] = 20,
    before: Before = None,
) -> JobPage:
    """分析，新的在前：等着的、在做的（做到哪一步）、做完的（读了多少、有多少主题）、失败的（为什么）。"""
    with services.database.read() as session:
        jobs = job_queue.page(session, kinds=[ANALYZE], before=before, limit=limit)
        return JobPage(
            items=[JobOut.of(job) for job in jobs],
            worker_alive=presence.is_anybody_there(session),
        )


@router.post(
    "",
    status_code=202,
    operation_id="start_run",
    responses=document(400, 413, 422, 503),
)
def start_run(services: ServicesDep, response: Response, wanted: RunPost) -> JobQueued:
    """马上分析。返回 202 就已排上队，进度看 Location；已经有一个在等，就是那一个。"""
    with services.database.write() as session:
        job = job_queue.enqueue(session, analysis_wanted(actor=wanted.actor))
        response.headers["Location"] = f"/v1/runs/{job.id}"
        return JobQueued(
            **JobOut.of(job).model_dump(), worker_alive=presence.is_anybody_there(session)
        )


@router.get("/{run_id}", operation_id="get_run", responses=document(404, 422, 503))
def get_run(services: ServicesDep, run_id: RowId) -> JobOut:
    """一次分析：状态、做到哪一步、结果或失败的原因。"""
    with services.database.read() as session:
        return JobOut.of(job_queue.one(session, run_id, ANALYZE))


@router.post("/{run_id}/cancel", operation_id="cancel_run", responses=document(404, 409, 422, 503))
def cancel_run(services: ServicesDep, run_id: RowId) -> JobOut:
    """取消一次还没做完的分析；在做的会停在下一步，读完的反馈不白读。"""
    with services.database.write() as session:
        return JobOut.of(job_queue.cancel(session, run_id, ANALYZE))
