"""Classification in bulk: a file or what is stored, read by the worker, downloaded when done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import FileResponse

from feedback_api.access import CallerDep
from feedback_api.bulk_schemas import JobPost, PostedJob, PostedJobPage, PostedJobQueued
from feedback_api.errors import ProblemError, document
from feedback_api.parameters import Before, RowId
from feedback_api.services import Services, ServicesDep
from feedback_api.uploads import Upload, plain_name
from feedback_nlp.errors import Conflict, InputError, NotFound
from feedback_nlp.jobs import bulk, bulk_files
from feedback_nlp.jobs.bulk_files import CLASSIFY, JobFiles
from feedback_nlp.labels import JobState
from feedback_nlp.store import job_queue, topic_writing
from feedback_nlp.store.job_queue import Wanted
from feedback_nlp.store.keys import deployment_secret
from feedback_nlp.worker import presence

router = APIRouter(prefix="/v1/jobs", tags=["批量读懂"])
_MAX_OPEN = 20
_MEDIA = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


@router.post(
    "", status_code=202, operation_id="start_job", responses=document(400, 404, 409, 413, 422, 503)
)
def start_job(
    services: ServicesDep,
    caller: CallerDep,
    response: Response,
    wanted: Annotated[JobPost, Form(media_type="multipart/form-data")],
) -> PostedJobQueued:
    """读懂一个文件的每一行，或者已存的一批反馈；返回 202 就已收下，进度看 Location。

    `file` 和筛选条件二选一。文件在落盘前先遮盖个人信息：文字和 `keep` 的列会遮盖，写着“谁”的列换成哈希，
    其余的列丢掉并列在答复里；偏移对应遮盖后的 `text`。结果到期删除。
    """
    wanted.check()
    folder = bulk_files.jobs_folder(services.settings.jobs_folder, services.database.url)
    with services.database.read() as session:
        if len(
            job_queue.page(session, kinds=[CLASSIFY], states=job_queue.OPEN, limit=_MAX_OPEN)
        ) >= (_MAX_OPEN):
            raise Conflict(f"已经有 {_MAX_OPEN} 个任务在等", hint="等做完几个，或取消几个")
        if wanted.topics and not topic_writing.living_topics(session):
            raise NotFound("还没有主题可以归", reason="not-analysed")
    files = bulk_files.new_files(folder, wanted.output)
    try:
        taken = _taken(services, wanted, files)
        with services.database.write() as session:
            job = job_queue.enqueue(session, _job(wanted, files, taken, caller.name))
            response.headers["Location"] = f"/v1/jobs/{job.id}"
            return PostedJobQueued(
                **PostedJob.of_job(job).model_dump(),
                worker_alive=presence.is_anybody_there(session),
            )
    except BaseException:
        bulk_files.remove([files.folder])
        raise


@router.get("", operation_id="list_jobs", responses=document(422, 503))
def list_jobs(
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=100, description="最多几条")] = 20,
    before: Before = None,
) -> PostedJobPage:
    """批量任务，新的在前：状态、做到哪一步、什么时候到期。"""
    with services.database.read() as session:
        jobs = job_queue.page(session, kinds=[CLASSIFY], before=before, limit=limit)
        return PostedJobPage(
            items=[PostedJob.of_job(job) for job in jobs],
            worker_alive=presence.is_anybody_there(session),
        )


@router.get("/{job_id}", operation_id="get_job", responses=document(404, 422, 503))
def get_job(services: ServicesDep, job_id: RowId) -> PostedJob:
    """一个任务：状态、做到哪一步、收下和读不了的行数、失败的原因、下载地址。"""
    with services.database.read() as session:
        return PostedJob.of_job(job_queue.one(session, job_id, CLASSIFY))


@router.post("/{job_id}/cancel", operation_id="cancel_job", responses=document(404, 409, 422, 503))
def cancel_job(services: ServicesDep, job_id: RowId) -> PostedJob:
    """取消一个还没做完的任务；它的文件随后删除。"""
    with services.database.write() as session:
        return PostedJob.of_job(job_queue.cancel(session, job_id, CLASSIFY))


@router.get(
    "/{job_id}/result",
    operation_id="get_job_result",
    response_class=FileResponse,
    responses={
        200: {
            "description": "结果：一行一条，格式是创建任务时选的",
            "content": {media.split(";")[0]: {} for media in _MEDIA.values()},
        },
        **document(404, 409, 410, 422, 503),
    },
)
def get_job_result(services: ServicesDep, job_id: RowId) -> FileResponse:
    """下载结果；没做完是 409，过期了是 410。"""
    folder = bulk_files.jobs_folder(services.settings.jobs_folder, services.database.url)
    with services.database.read() as session:
        job = job_queue.one(session, job_id, CLASSIFY)
        if job.state != JobState.DONE.value:
            raise Conflict(f"任务 {job_id} 没有结果", hint="状态是 done 才能下载")
        files = bulk_files.files_of(folder, job)
        if bulk_files.is_expired(job, services.now()) or not files.result.exists():
            raise ProblemError(410, "expired", "结果已经删除", "结果只留一段时间；再建一个任务")
    return FileResponse(
        files.result,
        media_type=_MEDIA[files.output],
        filename=f"feedback-job-{job_id}.{files.output}",
    )


def _taken(services: Services, wanted: JobPost, files: JobFiles) -> bulk.Taken:
    zone = services.settings.zone
    if wanted.file is None:
        with services.database.read() as session:
            return bulk.take_selection(session, wanted.selection(zone), files, zone)
    with services.database.write() as session:
        secret = deployment_secret(session, services.settings.plain_secret)
    wishes = bulk.UploadWishes(
        zone=zone,
        secret=secret,
        text=wanted.text_column,
        id=wanted.id_column,
        sheet=wanted.sheet,
        keep=tuple(dict.fromkeys(wanted.keep)),
    )
    content = wanted.file.file.read()
    if not content:
        raise InputError("文件是空的", hint="至少要有一行文字")
    with Upload(plain_name(wanted.file.filename or ""), content).as_file() as path:
        return bulk.take_upload(path, files, services.config, wishes)


def _job(wanted: JobPost, files: JobFiles, taken: bulk.Taken, caller: str) -> Wanted:
    return Wanted(
        kind=CLASSIFY,
        payload={
            "folder": files.folder.name,
            "output": wanted.output,
            "depth": wanted.depth.value,
            "topics": wanted.topics,
            "stored": wanted.file is None,
            "taken": taken.as_dict(),
        },
        lane=CLASSIFY,
        max_attempts=3,
        actor=wanted.actor or caller,
    )
