"""The folder of classification jobs: what waits to be read, and results until they expire.

Every job has a folder of its own (0700) with files for their owner alone (0600)::

    feedback.db.jobs/3f…/input.jsonl    texts, masked, one row a line; gone when the job is done
                        result.csv      what comes out; gone when it expires
                        report.json     its figures: the last thing that is written
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL
from sqlmodel import Session, col, select

from feedback_nlp.errors import InputError
from feedback_nlp.files import disk_words, write_private
from feedback_nlp.labels import JobState
from feedback_nlp.store import job_queue
from feedback_nlp.store.keys import key_path
from feedback_nlp.store.tables import Job

CLASSIFY = "classify"
"""The kind of these jobs."""

EXPIRES_AT = "expires_at"
_NO_JOB_SECONDS = 3_600.0
_NOTICED = timedelta(minutes=1)
"""A worker has noticed by then that its job was cancelled, and writes no more."""


@dataclass(frozen=True, slots=True)
class JobFiles:
    """The files of one job."""

    folder: Path
    output: str = "jsonl"

    @property
    def input(self) -> Path:
        """What is to be read."""
        return self.folder / "input.jsonl"

    @property
    def result(self) -> Path:
        """What comes out."""
        return self.folder / f"result.{self.output}"

    def report(self) -> dict[str, Any] | None:
        """Return the figures of a job that is done, ``None`` if it is not."""
        try:
            found: dict[str, Any] = json.loads(self._report.read_bytes())
        except (OSError, ValueError):
            return None
        return found

    def close(self, report: Mapping[str, Any]) -> None:
        """Write the figures, and drop what was read: it is not needed again."""
        write_private(self._report, json.dumps(report, ensure_ascii=False).encode())
        self.input.unlink(missing_ok=True)

    @property
    def _report(self) -> Path:
        return self.folder / "report.json"


def jobs_folder(configured: Path | None, url: URL) -> Path:
    """Return where jobs lie: as configured, else beside the database, as its key does."""
    if configured is not None:
        return configured
    key = key_path(url)
    return key.with_name(f"{key.name.removesuffix('.key')}.jobs")


def new_files(folder: Path, output: str) -> JobFiles:
    """Make the folder of a new job.

    Raises:
        InputError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = folder / secrets.token_hex(16)
        own.mkdir(mode=0o700)
    except OSError as error:
        raise InputError(
            f"写不了任务的目录：{disk_words(error)}", hint="请管理员检查磁盘"
        ) from error
    return JobFiles(own, output)


def files_of(folder: Path, job: Job) -> JobFiles:
    """Return the files of a job."""
    return JobFiles(folder / Path(str(job.payload["folder"])).name, str(job.payload["output"]))


def is_expired(job: Job, now: datetime) -> bool:
    """Whether the result of a finished job may no longer be there."""
    until = job.result.get(EXPIRES_AT)
    return until is not None and datetime.fromisoformat(until) <= now


def stale(session: Session, folder: Path, now: datetime) -> list[Path]:
    """Return the folders that nobody may or can use any longer."""
    try:
        present = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return []
    if not present:
        return []
    named = col(Job.payload)["folder"].as_string().in_([path.name for path in present])
    jobs = session.exec(select(Job).where(col(Job.kind) == CLASSIFY, named)).all()
    known = {str(job.payload.get("folder")): job for job in jobs}
    return [path for path in present if _is_stale(path, known.get(path.name), now)]


def _is_stale(path: Path, job: Job | None, now: datetime) -> bool:
    if job is None:  # its post was cut off, or its row was forgotten
        return time.time() - path.stat().st_mtime > _NO_JOB_SECONDS
    if job.state in job_queue.OPEN:
        return False
    if job.state == JobState.DONE.value:
        return is_expired(job, now)
    return job.finished_at is None or now - job.finished_at > _NOTICED


def remove(paths: list[Path]) -> int:
    """Remove folders of jobs; return how many are gone."""
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
    return sum(not path.exists() for path in paths)
