"""Shapes of classification jobs: what is sent, and what is told of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from feedback_api.job_schemas import JobOut
from feedback_api.parameters import WEEK, FeedbackQuery
from feedback_api.schemas import Incoming
from feedback_api.validation import MAX_ID, EndMoment, Moment, Word
from feedback_nlp.errors import InputError
from feedback_nlp.jobs.bulk_files import EXPIRES_AT
from feedback_nlp.labels import Depth, Intent, JobState, Sentiment
from feedback_nlp.store.queries import FeedbackFilter
from feedback_nlp.store.tables import Job

_OF_A_FILE = ("text_column", "id_column", "sheet", "keep")
_OF_A_SELECTION = (
    "q", "source", "product", "channel", "sentiment", "intent", "topic", "week", "from_", "to",
)  # fmt: skip

_NOT_EMPTY = {"minLength": 1}


def _as_a_form(schema: dict[str, Any]) -> None:
    """A form has no null, what is not wanted is left out; and it is a file or a selection."""
    for field in schema["properties"].values():
        options = [one for one in field.pop("anyOf", ()) if one != {"type": "null"}]
        if options:
            field.update(options[0])
        if "pattern" in field:  # left blank it is not said
            field["pattern"] = f"^$|{field['pattern']}"
    selects = [name.rstrip("_") for name in _OF_A_SELECTION]
    # A field that is left blank is not said; a number cannot be.
    unsaid = {name: name != "topic" and {"maxLength": 0} for name in selects}
    schema["oneOf"] = [  # what ``check`` says
        {
            "required": ["file"],
            "properties": {"file": _NOT_EMPTY, **unsaid},
        },
        {
            "anyOf": [{"required": [name], "properties": {name: _NOT_EMPTY}} for name in selects],
            "properties": dict.fromkeys(("file", *_OF_A_FILE), False),
        },
    ]


class JobPost(Incoming):
    """A file, or which stored feedback; and what is to come out."""

    model_config = ConfigDict(json_schema_extra=_as_a_form)

    file: UploadFile | None = Field(
        default=None, description="CSV、Excel、JSON、JSON Lines、Parquet 或一行一条的纯文本"
    )
    output: Literal["jsonl", "csv", "parquet"] = Field(
        default="jsonl", description="结果的格式：jsonl、csv 或 parquet"
    )
    depth: Depth = Field(default=Depth.FAST, description="fast 快读，deep 细读（慢约一百倍）")
    topics: bool = Field(default=False, description="把每个观点归到现有的主题里")
    actor: Word | None = Field(default=None, description="谁要做的；不写就是密钥的名字")
    text_column: Word | None = Field(default=None, description="文件：哪一列是文字；默认自动认")
    id_column: Word | None = Field(
        default=None, description="文件：哪一列是编号；没有就按行从 1 编号"
    )
    sheet: Word | None = Field(default=None, description="文件：Excel 里的哪张表")
    keep: list[Word] = Field(
        default_factory=list, max_length=50, description="文件：跟着出来的列，可写多次；默认都不要"
    )
    q: Word | None = Field(default=None, description="已存的：全文检索")
    source: Word | None = Field(default=None, description="已存的：来源")
    product: Word | None = Field(default=None, description="已存的：产品")
    channel: Word | None = Field(default=None, description="已存的：渠道")
    sentiment: Sentiment | None = Field(default=None, description="已存的：整条反馈的情感")
    intent: Intent | None = Field(default=None, description="已存的：整条反馈的意图")
    topic: int | None = Field(default=None, ge=1, le=MAX_ID, description="已存的：主题，含下级")
    week: str | None = Field(
        default=None,
        pattern=WEEK,
        description="已存的：哪一周，例如 2026-W47",
    )
    from_: Moment | None = Field(default=None, alias="from", description="已存的：从何时起")
    to: EndMoment | None = Field(default=None, description="已存的：到何时止；写日期则含当天")

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            InputError: If neither or both of file and selection are given.
        """
        selects = [n for n in _OF_A_SELECTION if getattr(self, n) is not None]
        reads = [n for n in _OF_A_FILE if getattr(self, n)]
        if self.file is None and not selects:
            raise InputError(
                "没有文件，也没有筛选条件",
                hint="传 file，或写 week、product、from 等；要全部就写 from=1990-01-01",
            )
        if self.file is not None and selects:
            raise InputError(
                f"文件和筛选条件只能要一样：{'、'.join(selects)}".replace("from_", "from"),
                hint="去掉 file，或去掉筛选条件",
            )
        if self.file is None and reads:
            raise InputError(f"只有文件才能写 {'、'.join(reads)}", hint="去掉它们")

    def selection(self, zone: ZoneInfo) -> FeedbackFilter:
        """Return which stored feedback is meant.

        Raises:
            InputError: If the year has no such week.
        """
        named: dict[str, Any] = {name: getattr(self, name) for name in _OF_A_SELECTION}
        return FeedbackQuery.model_construct(**named).wanted(zone)


class TakenOut(BaseModel):
    """What was taken in of a file or a selection."""

    rows: int = Field(description="收下多少行")
    rejected: dict[str, int] = Field(description="读不了的行，按原因")
    rejected_lines: list[dict[str, Any]] = Field(description="其中前 50 行的行号和原因")
    columns: list[str] = Field(description="跟着出来的列")
    hashed_columns: list[str] = Field(description="其中写着“谁”、已换成哈希的列")
    dropped_columns: list[str] = Field(description="没有要的列，没有保存")


class PostedJob(JobOut):
    """A classification job."""

    output: str = Field(description="结果的格式")
    depth: Depth = Field(description="读得多细")
    topics: bool = Field(description="是否归到主题")
    origin: Literal["file", "selection"] = Field(
        description="file 传来的文件，selection 已存的反馈"
    )
    taken: TakenOut = Field(description="收下了什么")
    expires_at: datetime | None = Field(description="结果留到什么时候；没做完就是 null")
    download: str | None = Field(description="在哪里下载；没做完就是 null")

    @classmethod
    def of_job(cls, job: Job) -> Self:
        """Return what people see of a row."""
        is_done = job.state == JobState.DONE.value
        names = {"rows", "written", "models"}
        told = {name: value for name, value in job.result.items() if name in names}
        return cls(
            **{**JobOut.of(job).model_dump(), "result": told},
            output=job.payload["output"],
            depth=job.payload["depth"],
            topics=job.payload["topics"],
            origin="selection" if job.payload["stored"] else "file",
            taken=TakenOut(**job.payload["taken"]),
            expires_at=job.result.get(EXPIRES_AT),
            download=f"/v1/jobs/{job.id}/result" if is_done else None,
        )


class PostedJobQueued(PostedJob):
    """A job that was queued."""

    worker_alive: bool = Field(description="有没有 worker 在做事；没有就不会有人做")


class PostedJobPage(BaseModel):
    """Jobs, the newest first."""

    items: list[PostedJob]
    worker_alive: bool = Field(description="有没有 worker 在做事；没有就不会有人做")
