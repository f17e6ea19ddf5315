"""Classification as a job of the service: a file that was sent, or a selection of what is stored.

What was sent holds personal data in clear, so it is masked while it is taken in, before any of
it reaches the disk: texts and kept columns are masked, columns that say who somebody is are
hashed, the others are dropped and named. What is stored is masked already. From then on both
are the same: rows in a file of the job's own, read by :func:`~feedback_nlp.jobs.classify.
classify_file` with ``resume``, so a killed worker costs a chunk.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from feedback_nlp.batch import inputs as inputs_of
from feedback_nlp.batch.inputs import Named, Reading
from feedback_nlp.batch.masking import Mask
from feedback_nlp.batch.payload import rows_of
from feedback_nlp.batch.plan import Column, RowPlan
from feedback_nlp.batch.rows import RowReader
from feedback_nlp.clean import Pseudonymizer
from feedback_nlp.config import PipelineConfig
from feedback_nlp.cores import cores
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.files import replaced
from feedback_nlp.ingest import storable
from feedback_nlp.ingest.people import is_person_by_content, person_by_name
from feedback_nlp.jobs.bulk_files import EXPIRES_AT, JobFiles
from feedback_nlp.jobs.classify import ClassifyReport, Progress, classify_file
from feedback_nlp.jobs.options import ClassifyOptions
from feedback_nlp.jobs.preparing import stored_key
from feedback_nlp.labels import Depth
from feedback_nlp.records import Rejection
from feedback_nlp.store.queries import FeedbackFilter, FeedbackPosition, feedback_page
from feedback_nlp.tabular import json_line

_PAGE = 2_000
MAX_UPLOAD_ROWS = 100_000
"""Rows of a file that is sent: masking them takes the post about ten seconds of CPU."""
_SHOWN_REJECTED = 50
_TEXT, _ID = "text", "id"
_STORED = ("source", "source_key", "product", "channel", "app_version", "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadWishes:
    """What a person said about a file that they sent.

    Attributes:
        zone: Zone of times.
        secret: Keys pseudonyms and hashes.
        text: Text column; by default told by its name.
        id: Id column; by default told by its name, else rows are numbered.
        sheet: Sheet of a workbook.
        keep: Columns that come along.
    """

    zone: ZoneInfo
    secret: bytes
    text: str | None = None
    id: str | None = None
    sheet: str | None = None
    keep: tuple[str, ...] = ()


@dataclass(slots=True)
class Taken:
    """What was taken in.

    Attributes:
        rows: Rows that wait to be read.
        rejected: Rows that could not be read, by reason.
        rejected_lines: The first of them: line and reason.
        hashed: Kept columns that say who somebody is: hashed.
        dropped: Columns that were left out.
        columns: Columns that come along.
    """

    rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    rejected_lines: list[dict[str, Any]] = field(default_factory=list)
    hashed: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-serialisable values."""
        return {
            "rows": self.rows,
            "rejected": dict(self.rejected),
            "rejected_lines": self.rejected_lines,
            "hashed_columns": self.hashed,
            "dropped_columns": self.dropped,
            "columns": self.columns,
        }


def take_upload(path: Path, files: JobFiles, config: PipelineConfig, wishes: UploadWishes) -> Taken:
    """Write the rows of a file that was sent, masked, where the worker finds them.

    The whole file is masked before this returns: what waits for a worker would have to lie
    somewhere in clear.

    Raises:
        FileUnreadable: If it cannot be read at all.
        UnknownLayout: If no column can be taken for the text.
        InputError: If a named column is missing, or there are no rows, or too many.
    """
    named = {"text": wishes.text, "source_key": wishes.id}
    mapping = {key: column for key, column in named.items() if column is not None}
    taken = Taken()
    with ExitStack() as stack:
        reading = Reading(mapping=mapping, format=None, sheet=wishes.sheet)
        found = inputs_of.look_at(stack, [Named(path, path.name)], reading)
        layout = found[0].layout
        columns = inputs_of.columns_that_come_along(found, wishes.keep)
        used = (layout.text_column, layout.id_column, *wishes.keep)
        mask = Mask(wishes.secret)  # a table without a header has somebody's answers for names
        taken.dropped = [
            mask.text(storable(name)) for name in layout.columns if name and name not in used
        ]
        plan = RowPlan(
            config=config,
            zone=wishes.zone,
            layouts=(layout,),
            kind="jsonl",
            keep=frozenset(column.name for column in columns),
            secret=wishes.secret,
        )
        with replaced(files.input) as target:
            for row in _masked(found, plan, columns, taken, Pseudonymizer(wishes.secret)):
                if taken.rows >= MAX_UPLOAD_ROWS:
                    raise InputError(
                        f"文件超过 {MAX_UPLOAD_ROWS:,} 行，一次收不下",
                        hint="拆成几个文件分别传，或在服务器上用命令行读",
                    )
                target.write(f"{json_line(row, wishes.zone)}\n".encode("utf-8", "replace"))
                taken.rows += 1
    return _checked(taken)


def _masked(
    found: Sequence[inputs_of.Input],
    plan: RowPlan,
    columns: Sequence[Column],
    taken: Taken,
    people: Pseudonymizer,
) -> Iterator[dict[str, Any]]:
    reader = RowReader(plan)
    numbered = plan.layouts[0].id_column is None
    hashed: dict[str, str] | None = None  # by the name that they go out under
    number = 0
    for chunk in inputs_of.chunks_of(found):
        layout = plan.layouts[chunk.source]
        rows = rows_of(chunk.payload, layout.format, layout.columns)
        if hashed is None:
            hashed = _people_columns(columns, rows)
            taken.hashed = list(hashed.values())
            taken.columns = [column.name for column in columns]
        for row in rows:
            number += 1
            if isinstance(row, Rejection):
                taken.rejected[row.reason] += 1
                if len(taken.rejected_lines) < _SHOWN_REJECTED:
                    taken.rejected_lines.append({"line": row.line, "reason": row.reason})
                continue
            id_, text, others = reader.read(row, layout)
            for name, source in hashed.items():
                raw = row.values.get(source)
                others[name] = None if raw in (None, "") else people.author_key(str(raw))
            if numbered or id_ is None:
                id_ = number
            elif isinstance(id_, str):
                id_ = stored_key(id_, people)
            yield {_ID: id_, _TEXT: text, **others}


def _people_columns(columns: Sequence[Column], rows: Sequence[Any]) -> dict[str, str]:
    """Return the columns that say who somebody is, going by name and by what the first rows hold."""
    found = {}
    for column in columns:
        cells = [row.values.get(column.source) for row in rows[:200] if hasattr(row, "values")]
        filled = [str(cell) for cell in cells if cell not in (None, "")]
        if person_by_name(column.source) is not None or is_person_by_content(filled):
            found[column.name] = column.source
    return found


def take_selection(
    session: Session, wanted: FeedbackFilter, files: JobFiles, zone: ZoneInfo
) -> Taken:
    """Write the stored feedback that is wanted, as it is now, where the worker finds it.

    Raises:
        NotFound: If there is none.
    """
    taken = Taken(columns=list(_STORED))
    after: FeedbackPosition | None = None
    with replaced(files.input) as target:
        while page := feedback_page(session, wanted, limit=_PAGE, after=after):
            for feedback, source in page:
                row = {_ID: feedback.id, _TEXT: feedback.text, "source": source.name}
                row |= {name: getattr(feedback, name) for name in _STORED[1:]}
                target.write(f"{json_line(row, zone)}\n".encode("utf-8", "replace"))
            taken.rows += len(page)
            last = page[-1].feedback
            after = FeedbackPosition(last.occurred_at, last.id or 0)
            session.expunge_all()
    if not taken.rows:
        raise NotFound("没有一条反馈符合条件", hint="放宽筛选条件")
    return taken


def _checked(taken: Taken) -> Taken:
    if not taken.rows and taken.rejected:
        reasons = "、".join(f"{reason} {count} 行" for reason, count in taken.rejected.items())
        raise InputError(f"没有一行能读：{reasons}", hint="检查文件的格式")
    if not taken.rows:
        raise InputError("文件里没有一行反馈", hint="至少要有一行文字")
    return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOptions:
    """How a job's rows are read.

    Attributes:
        zone: Zone that times are written in.
        depth: How closely rows are read.
        topics_of: Database whose living topics units are put into.
        hours: How long the result is kept.
    """

    zone: ZoneInfo
    depth: Depth
    topics_of: str | None
    hours: float


def read_rows_of_job(
    files: JobFiles,
    taken: Mapping[str, Any],
    config: PipelineConfig,
    options: BulkOptions,
    *,
    now: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _rows: None,
) -> dict[str, Any]:
    """Read the rows of a job, and return its figures; a job that is done already is only told.

    One core is left to the service.

    Raises:
        InputError: If its file is not here.
    """
    known = files.report()
    if known is not None:
        return known
    if not files.input.exists():
        raise InputError(
            f"找不到任务的文件 {files.folder.name}",
            hint="服务和 worker 要看得到同一个目录：FEEDBACK_JOBS_FOLDER",
        )

    def told(so_far: Progress) -> None:
        progress(so_far.rows)

    report: ClassifyReport = classify_file(
        files.input,
        files.result,
        config,
        ClassifyOptions(
            zone=options.zone,
            mapping={"text": _TEXT, "source_key": _ID},
            format="jsonl",
            workers=max(1, cores() - 1),
            depth=options.depth,
            resume=True,
            topics_of=options.topics_of,
        ),
        progress=told,
    )
    figures = {
        **taken,
        "written": report.written,
        "models": dict(report.versions),
        EXPIRES_AT: (now() + timedelta(hours=options.hours)).isoformat(),
    }
    files.close(figures)
    return figures


class Slice:
    """Lets other jobs have a turn: a worker does one job at a time, and messages are waiting.

    Args:
        seconds: How long a job may work before others are asked for.
        are_others_waiting: Asked once the time is over.
    """

    def __init__(self, seconds: float, are_others_waiting: Callable[[], bool]) -> None:
        self._seconds = seconds
        self._are_waiting = are_others_waiting
        self._since = time.monotonic()

    def is_over(self) -> bool:
        """Whether it is another job's turn."""
        if time.monotonic() - self._since < self._seconds:
            return False
        self._since = time.monotonic()
        return self._are_waiting()
