"""Shapes of jobs: analyses, and whatever else the worker does."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from feedback_api.validation import Word
from feedback_nlp.labels import JobState
from feedback_nlp.store.tables import Job


class JobProgress(BaseModel):
    """How far a job is."""

    stage: str = Field(description="在做什么", examples=["阅读反馈"])
    done: int = Field(description="做了多少")
    total: int = Field(description="一共多少")


class JobOut(BaseModel):
    """A job."""

    id: int
    kind: str = Field(description="做什么", examples=["analyze"])
    state: JobState = Field(
        description="queued 等待，running 在做，done 完成，failed 失败，cancelled 取消"
    )
    actor: str = Field(description="谁要做的")
    progress: JobProgress | None = Field(description="做到哪一步；没开始就是 null")
    result: dict[str, Any] = Field(description="做完后的数字")
    error: str = Field(description="上一次没做成的原因；空就是没有")
    attempts: int = Field(description="试了几次")
    run_at: datetime = Field(description="最早什么时候做")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return what people see of a row."""
        names = set(cls.model_fields) - {"progress"}
        known = {name: getattr(job, name) for name in names if hasattr(job, name)}
        return cls(**known, progress=JobProgress(**job.progress) if job.progress else None)


class JobPage(BaseModel):
    """Jobs, the newest first."""

    items: list[JobOut]
    worker_alive: bool = Field(description="有没有 worker 在做事；没有就不会有人做")


class JobQueued(JobOut):
    """A job that was queued."""

    worker_alive: bool = Field(description="有没有 worker 在做事；没有就不会有人做")


class RunPost(BaseModel):
    """Who wants an analysis."""

    model_config = ConfigDict(extra="forbid")

    actor: Word = Field(description="谁要分析", examples=["林晓"])
