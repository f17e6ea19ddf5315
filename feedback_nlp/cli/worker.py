"""``feedback-nlp worker`` and ``jobs``: what is done beside the service, and what became of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    err,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.labels import JobState, label

if TYPE_CHECKING:
    from feedback_nlp.store.job_queue import Claimed
    from feedback_nlp.store.tables import Job

_POLITE = 10
_KINDS = {
    "analyze": "分析",
    "digest": "周报",
    "deliver": "发送",
    "verify": "验证",
    "pull": "拉取",
    "standings": "备好周榜",
    "past_weeks": "备好往期",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("worker", help="做排队的事：新反馈一到就分析，到点出周报；serve 自带一个")(worker)
    group = typer.Typer(help="worker 的任务：看、取消、重试", no_args_is_help=True)
    group.command("list", help="任务，新的在前")(list_jobs)
    group.command("cancel", help="取消一个还没做完的任务")(cancel_job)
    group.command("retry", help="把失败或取消了的任务重新排上")(retry_job)
    app.add_typer(group, name="jobs")


def worker(
    once: Annotated[bool, typer.Option("--once", help="把到点的做完就停，适合 cron")] = False,
    parent: Annotated[
        int | None, typer.Option("--parent", hidden=True, help="这个进程不在了就停")
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Work until interrupted. What was begun when it is stopped is queued again."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.worker import Worker, Workplace  # noqa: PLC0415

    settings = load_settings()
    with open_database(db, settings, make=True) as database:
        place = Workplace(database, settings, load_config(settings.pipeline))
        working = Worker(place, tell=_tell)
        if parent is not None and hasattr(os, "nice"):
            os.nice(_POLITE)  # who waits for an answer comes first
        if once:
            working.plan()
            while working.do_one():
                working.plan()
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: working.stop())
        err.print("worker 已启动：新反馈等一会儿就分析，到点出周报。按 Ctrl+C 停止")
        working.run(still_wanted=_alive(parent))
    err.print("worker 已停止。")


def list_jobs(
    db: DatabaseOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="最多几条")] = 20,
    state: Annotated[JobState | None, typer.Option("--state", help="只看这个状态")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show jobs."""
    from feedback_nlp.store import job_queue  # noqa: PLC0415
    from feedback_nlp.worker import presence  # noqa: PLC0415

    settings = load_settings()
    with open_database(db, settings) as database, database.read() as session:
        jobs = job_queue.page(session, states=[state.value] if state else [], limit=limit)
        somebody = presence.is_anybody_there(session)
    if as_json:
        print_json([_plain(job) for job in jobs])
        return
    if not jobs:
        out.print("还没有任务。")
    else:
        shown = Table(
            "编号", "做什么", "状态", "做到哪", "谁要的", "说明", box=None, pad_edge=False
        )
        for job in jobs:
            shown.add_row(*(escape(cell) for cell in _cells(job)))
        out.print(shown)
    if not somebody:
        err.print("现在没有 worker 在做事：feedback-nlp worker 或 feedback-nlp serve 启动一个。")


def cancel_job(
    job_id: Annotated[int, typer.Argument(metavar="编号", min=1)], db: DatabaseOption = None
) -> None:
    """Cancel a job."""
    from feedback_nlp.store import job_queue  # noqa: PLC0415

    with open_database(db, load_settings()) as database, database.write() as session:
        job_queue.cancel(session, job_id)
    out.print(f"任务 {job_id} 已取消。")


def retry_job(
    job_id: Annotated[int, typer.Argument(metavar="编号", min=1)], db: DatabaseOption = None
) -> None:
    """Queue a job again."""
    from feedback_nlp.store import job_queue  # noqa: PLC0415

    with open_database(db, load_settings()) as database, database.write() as session:
        job_queue.retry(session, job_id)
    out.print(f"任务 {job_id} 已重新排上。")


def _tell(job: Claimed, outcome: str, why: str) -> None:
    words = {"done": "完成", "later": "过会儿再做", "failed": "失败"}
    reason = f"：{why}" if why else ""
    kind = _KINDS.get(job.kind, job.kind)
    err.print(escape(f"任务 {job.job_id}（{kind}）{words[outcome]}{reason}"), soft_wrap=True)


def _alive(parent: int | None) -> Callable[[], bool]:
    return lambda: parent is None or os.getppid() == parent


def _cells(job: Job) -> list[str]:
    progress = job.progress
    running = job.state == JobState.RUNNING.value and progress
    return [
        str(job.id),
        _KINDS.get(job.kind, job.kind),
        label(JobState(job.state)),
        f"{progress['stage']} {progress['done']:,}/{progress['total']:,}" if running else "",
        job.actor,
        job.error or str(job.result.get("skipped", "")),
    ]


def _plain(job: Job) -> dict[str, Any]:
    names = ("id", "kind", "state", "actor", "progress", "result", "error", "attempts")
    times = ("run_at", "created_at", "started_at", "finished_at")
    moments = {
        name: moment and moment.isoformat() for name in times for moment in [getattr(job, name)]
    }
    return {name: getattr(job, name) for name in names} | moments
