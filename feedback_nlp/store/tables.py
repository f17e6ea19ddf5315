"""All tables, in the order of the flow. See ``docs/decisions/0002-store.md``.

History tables (``topic_event``, ``status_event``, ``request_edit``, ``request_comment``) are
append-only. Everything the
analysis writes can be made again from ``feedback``; everything people write
(requests, edits in the ledger, reasons) cannot, and is never overwritten by a run.
Closed vocabularies are those of :mod:`feedback_nlp.labels`, stored by their values.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from feedback_nlp.labels import (
    ENGINE,
    BatchStatus,
    JobState,
    NoticeStatus,
    Origin,
    ReporterStatus,
    RequestStatus,
    RunStatus,
    TopicKind,
    TopicState,
)
from feedback_nlp.store.columns import Json, UtcDateTime

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


def _json(default: type) -> Any:
    return Field(default_factory=default, sa_column=Column(Json, nullable=False))


def _time(*, nullable: bool = False, index: bool = False) -> Any:
    if nullable:
        return Field(default=None, sa_type=UtcDateTime, nullable=True, index=index)
    return Field(sa_type=UtcDateTime, nullable=False, index=index)


def _index_of_known(name: str, *columns: str) -> Index:
    """Return an index without the rows whose first column is empty: what nobody asks for."""
    known = text(f"{columns[0]} IS NOT NULL")
    return Index(name, *columns, sqlite_where=known, postgresql_where=known)


class Source(SQLModel, table=True):
    """One configured origin of feedback."""

    __tablename__: ClassVar[Any] = "source"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200, unique=True)
    kind: str = Field(max_length=20)
    product: str | None = Field(default=None, max_length=200)
    mapping: dict[str, str] = _json(dict)
    purpose: str = Field(default="", sa_type=Text)  # why it is kept, in people's words
    retention_days: int | None = None  # feedback older than this is erased; None keeps it
    created_at: datetime = _time()


class IngestBatch(SQLModel, table=True):
    """One file or one API call. read = accepted + duplicate + rejected, at every commit."""

    __tablename__: ClassVar[Any] = "ingest_batch"
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    file_name: str = Field(default="", max_length=500)
    content_sha256: str = Field(default="", max_length=64, index=True)
    layout: str = Field(default="", max_length=60)
    status: str = Field(default=BatchStatus.RUNNING.value, max_length=20)
    read_count: int = 0
    accepted_count: int = 0
    duplicate_count: int = 0
    rejected_count: int = 0
    error: str = Field(default="", sa_type=Text)
    notes: list[str] = _json(list)
    started_at: datetime = _time()
    finished_at: datetime | None = _time(nullable=True)


class RejectedRow(SQLModel, table=True):
    """A row that could not be stored, with the line it came from and the reason."""

    __tablename__: ClassVar[Any] = "rejected_row"
    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="ingest_batch.id", index=True)
    line: int
    reason: str = Field(max_length=60)
    detail: str = Field(default="", sa_type=Text)
    raw: str = Field(default="", sa_type=Text)


class Feedback(SQLModel, table=True):
    """One thing one person said once, after redaction.

    ``text`` holds all that is analysed, a title included. The analysis columns are
    empty until ``analyzed_run_id`` is set. ``person_key`` is whom the ranking counts:
    the author if known, else the group of copies, else the feedback itself.
    """

    __tablename__: ClassVar[Any] = "feedback"
    __table_args__ = (
        UniqueConstraint("source_id", "source_key"),
        Index("ix_feedback_occurred_at_id", "occurred_at", "id"),
        *(  # a filtered list is read in its order, and a value that nobody has costs nothing
            Index(f"ix_feedback_{name}_occurred_at_id", name, "occurred_at", "id")
            for name in ("source_id", "channel")
        ),
        *(
            _index_of_known(f"ix_feedback_{name}_occurred_at_id", name, "occurred_at", "id")
            for name in ("product", "intent", "sentiment")
        ),
        _index_of_known("ix_feedback_duplicate_of", "duplicate_of"),
        _index_of_known("ix_feedback_person_key", "person_key"),
    )
    id: int | None = Field(default=None, primary_key=True)
    source_id: int = Field(foreign_key="source.id")
    source_key: str = Field(max_length=300)
    batch_id: int | None = Field(default=None, foreign_key="ingest_batch.id", index=True)
    thread_key: str | None = Field(default=None, max_length=300)
    author_key: str | None = Field(default=None, max_length=64, index=True)
    title: str = Field(default="", max_length=500)
    text: str = Field(sa_type=Text)
    rating: float | None = None
    product: str | None = Field(default=None, max_length=200)
    channel: str | None = Field(default=None, max_length=100)
    app_version: str | None = Field(default=None, max_length=60)
    device: str | None = Field(default=None, max_length=200)
    region: str | None = Field(default=None, max_length=100)
    segment: str | None = Field(default=None, max_length=100)
    meta: dict[str, Any] = _json(dict)
    occurred_at: datetime = _time()
    ingested_at: datetime = _time()
    # what the analysis found
    analyzed_run_id: int | None = Field(default=None, foreign_key="run.id", index=True)
    sentiment: str | None = Field(default=None, max_length=10)
    sentiment_score: float | None = None
    intent: str | None = Field(default=None, max_length=20)
    signals: list[str] = _json(list)
    is_spam: bool = False
    is_burst: bool = False
    duplicate_of: int | None = None  # root of the group of copies
    person_key: str | None = Field(default=None, max_length=64)


class FeedbackUnit(SQLModel, table=True):
    """The smallest stretch of a feedback that makes one point; its text is
    ``feedback.text[start:end]``, in code points.
    """

    __tablename__: ClassVar[Any] = "unit"
    __table_args__ = (UniqueConstraint("feedback_id", "position"),)
    id: int | None = Field(default=None, primary_key=True)
    feedback_id: int = Field(foreign_key="feedback.id")
    position: int
    start: int
    end: int
    sentiment: str = Field(max_length=10)
    sentiment_score: float
    sentiment_confidence: float
    intent: str = Field(max_length=20)
    intent_confidence: float
    topic_id: int | None = Field(default=None, foreign_key="topic.id", index=True)
    topic_similarity: float | None = None
    assigned_by: str = Field(default=Origin.AUTO.value, max_length=20)


class Run(SQLModel, table=True):
    """One execution of the analysis: its configuration, models and figures."""

    __tablename__: ClassVar[Any] = "run"
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20)  # RunKind
    status: str = Field(default=RunStatus.RUNNING.value, max_length=20)
    config: dict[str, Any] = _json(dict)
    versions: dict[str, str] = _json(dict)
    figures: dict[str, Any] = _json(dict)
    started_at: datetime = _time()
    finished_at: datetime | None = _time(nullable=True)


class RunPlan(SQLModel, table=True):
    """Moves that a run has found and not yet written: see :mod:`feedback_nlp.store.plans`."""

    __tablename__: ClassVar[Any] = "run_plan"
    run_id: int = Field(foreign_key="run.id", primary_key=True)
    part: int = Field(primary_key=True)
    moves: bytes = Field(sa_type=LargeBinary)


class Topic(SQLModel, table=True):
    """What many units talk about. Its id is permanent."""

    __tablename__: ClassVar[Any] = "topic"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    named_by: str = Field(default=Origin.AUTO.value, max_length=20)
    kind: str = Field(default=TopicKind.ISSUE.value, max_length=20)
    keywords: list[str] = _json(list)
    parent_id: int | None = Field(default=None, foreign_key="topic.id", index=True)
    is_theme: bool = False
    state: str = Field(default=TopicState.ACTIVE.value, max_length=20)
    merged_into_id: int | None = Field(default=None, foreign_key="topic.id")
    pinned: bool = False
    muted: bool = False
    centroid: bytes | None = Field(default=None, sa_type=LargeBinary)  # float32, little endian
    quote_unit_ids: list[int] = _json(list)
    created_run_id: int | None = Field(default=None, foreign_key="run.id")
    updated_run_id: int | None = Field(default=None, foreign_key="run.id")


class TopicEvent(SQLModel, table=True):
    """The ledger: append-only."""

    __tablename__: ClassVar[Any] = "topic_event"
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topic.id", index=True)
    kind: str = Field(max_length=20)
    run_id: int | None = Field(default=None, foreign_key="run.id")
    actor: str = Field(default=ENGINE, max_length=100)
    detail: dict[str, Any] = _json(dict)
    happened_at: datetime = _time()


class FeatureRequest(SQLModel, table=True):
    """The actionable thing the team decides about (需求/问题). ``key`` is ``REQ-12``."""

    __tablename__: ClassVar[Any] = "request"
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=20, unique=True)
    title: str = Field(max_length=300)
    intent: str = Field(max_length=20)  # the intent most of its evidence has
    topic_id: int | None = Field(default=None, foreign_key="topic.id", index=True)
    product: str | None = Field(default=None, max_length=200)
    owner: str | None = Field(default=None, max_length=100)
    effort: float | None = None  # 0–1, people supply it
    strategic_weight: float | None = None  # 0–1, people supply it
    due: date | None = None
    target_release: str | None = Field(default=None, max_length=60)  # as people call it
    labels: list[str] = _json(list)
    tracker_url: str | None = Field(default=None, max_length=500)  # where the work is planned
    status: str = Field(default=RequestStatus.NEW.value, max_length=20, index=True)
    reporter_status: str = Field(default=ReporterStatus.RECEIVED.value, max_length=20)
    duplicate_of_key: str | None = Field(default=None, max_length=20)
    priority: float | None = Field(default=None, index=True)  # 0–100
    priority_low: float | None = None
    priority_high: float | None = None
    priority_parts: dict[str, float] = _json(dict)
    priority_week: str | None = Field(default=None, max_length=10)  # which the priority is as of
    version: int = 1  # grows with every step and edit; scores and evidence leave it
    titled_by: str = Field(default=ENGINE, max_length=100)
    created_by: str = Field(default=ENGINE, max_length=100)
    created_at: datetime = _time()
    updated_at: datetime = _time()


class Evidence(SQLModel, table=True):
    """The link from a request to a unit."""

    __tablename__: ClassVar[Any] = "evidence"
    __table_args__ = (
        UniqueConstraint("request_id", "unit_id"),
        Index("ix_evidence_request_id_said_at_unit_id", "request_id", "said_at", "unit_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    said_at: datetime | None = _time(nullable=True)  # the feedback's time, set by a trigger
    added_by: str = Field(default=Origin.AUTO.value, max_length=100)


class StatusEvent(SQLModel, table=True):
    """Every change of a request's status: append-only, both tracks."""

    __tablename__: ClassVar[Any] = "status_event"
    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    from_status: str | None = Field(default=None, max_length=20)
    to_status: str = Field(max_length=20)
    from_reporter_status: str | None = Field(default=None, max_length=20)
    to_reporter_status: str = Field(max_length=20)
    actor: str = Field(max_length=100)
    reason: str = Field(default="", sa_type=Text)
    happened_at: datetime = _time()


class RequestEdit(SQLModel, table=True):
    """Every change of what people write about a request besides its status: append-only."""

    __tablename__: ClassVar[Any] = "request_edit"
    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    actor: str = Field(max_length=100)
    detail: dict[str, Any] = _json(dict)  # field → [before, after]
    reason: str = Field(default="", sa_type=Text)
    happened_at: datetime = _time()


class RequestLink(SQLModel, table=True):
    """Two requests that belong together and stay two: ``related``, or the first ``blocks``."""

    __tablename__: ClassVar[Any] = "request_link"
    __table_args__ = (UniqueConstraint("request_id", "other_id"),)
    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    other_id: int = Field(foreign_key="request.id", index=True)
    kind: str = Field(max_length=20)
    created_at: datetime = _time()


class RequestComment(SQLModel, table=True):
    """What somebody of the team said about a request, after redaction; who said it can take it back."""

    __tablename__: ClassVar[Any] = "request_comment"
    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    actor: str = Field(max_length=100)
    text: str = Field(sa_type=Text)
    happened_at: datetime = _time()


class Notice(SQLModel, table=True):
    """One message owed to one reporter about one request; unique by construction.

    ``outbox_key`` names its row in the outbox once it is to go out; ``reason`` says why it
    does not.
    """

    __tablename__: ClassVar[Any] = "notice"
    __table_args__ = (
        UniqueConstraint("request_id", "person_key", "reporter_status"),
        Index("ix_notice_request_id_status", "request_id", "status"),
    )
    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id")
    feedback_id: int = Field(foreign_key="feedback.id")
    person_key: str = Field(max_length=64)
    reporter_status: str = Field(max_length=20)
    status: str = Field(default=NoticeStatus.PENDING.value, max_length=20)
    created_at: datetime = _time()
    outbox_key: str | None = Field(default=None, max_length=200, index=True)
    reason: str = Field(default="", sa_type=Text)
    settled_at: datetime | None = _time(nullable=True)


class NoticeRefusal(SQLModel, table=True):
    """A person who wants no notices at all."""

    __tablename__: ClassVar[Any] = "notice_refusal"
    id: int | None = Field(default=None, primary_key=True)
    person_key: str = Field(max_length=64, unique=True)
    actor: str = Field(max_length=100)
    created_at: datetime = _time()


class AlertRow(SQLModel, table=True):
    """One alert: an episode of one topic. What people say of it is never overwritten."""

    __tablename__: ClassVar[Any] = "alert"
    __table_args__ = (UniqueConstraint("topic_id", "day"),)
    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topic.id", index=True)
    kind: str = Field(max_length=20)
    day: str = Field(max_length=10, index=True)  # ISO date in the configured zone
    last_day: str = Field(max_length=10)
    people: int
    expected: float
    days: int
    p_value: float
    is_useful: bool | None = None
    marked_by: str | None = Field(default=None, max_length=100)
    created_at: datetime = _time()
    marked_at: datetime | None = _time(nullable=True)


class Digest(SQLModel, table=True):
    """A stored weekly report: the payload that was shown, for the record."""

    __tablename__: ClassVar[Any] = "digest"
    __table_args__ = (UniqueConstraint("week", "product"),)
    id: int | None = Field(default=None, primary_key=True)
    week: str = Field(max_length=10)
    product: str = Field(default="", max_length=200)
    payload: dict[str, Any] = _json(dict)
    created_at: datetime = _time()


#: The setting that holds templates and routes of notices.
NOTICE_SETTINGS = "notices"
REQUEST_VIEWS, WEIGHT_SCHEMES = "request_views", "weight_schemes"


class Setting(SQLModel, table=True):
    """Small deployment facts, such as the generated secret."""

    __tablename__: ClassVar[Any] = "setting"
    key: str = Field(primary_key=True, max_length=100)
    value: dict[str, Any] = _json(dict)


class LexiconEntry(SQLModel, table=True):
    """A word that people taught: append-only, taken back by setting ``removed_at``."""

    __tablename__: ClassVar[Any] = "lexicon_entry"
    __table_args__ = (
        Index(
            "ix_lexicon_entry_active",
            "folded",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    word: str = Field(max_length=40)
    folded: str = Field(max_length=40)
    kind: str = Field(max_length=20)  # WordKind
    tag: str = Field(default="n", max_length=10)
    frequency: int | None = None
    added_by: str = Field(max_length=100)
    added_at: datetime = _time()
    removed_by: str | None = Field(default=None, max_length=100)
    removed_at: datetime | None = _time(nullable=True)


class Job(SQLModel, table=True):
    """Work that waits, is being done or was done: see :mod:`feedback_nlp.store.job_queue`."""

    __tablename__: ClassVar[Any] = "job"
    __table_args__ = (
        # One queued job a key: a second wish for the same thing is the first one.
        Index(
            "uq_job_wish",
            "wish",
            unique=True,
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        UniqueConstraint("slot"),
        Index("ix_job_state_run_at", "state", "run_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=40)
    state: str = Field(default=JobState.QUEUED.value, max_length=20)
    payload: dict[str, Any] = _json(dict)
    wish: str | None = Field(default=None, max_length=200)
    slot: str | None = Field(default=None, max_length=200)  # one job for ever: a periodic one
    lane: str | None = Field(default=None, max_length=40)  # jobs of a lane run one by one
    run_at: datetime = _time()
    attempts: int = 0
    max_attempts: int = 5
    token: str | None = Field(default=None, max_length=36)
    lease_until: datetime | None = _time(nullable=True)
    progress: dict[str, Any] = _json(dict)
    result: dict[str, Any] = _json(dict)
    error: str = Field(default="", sa_type=Text)
    actor: str = Field(default=ENGINE, max_length=100)
    created_at: datetime = _time()
    started_at: datetime | None = _time(nullable=True)
    finished_at: datetime | None = _time(nullable=True)


class Verification(SQLModel, table=True):
    """What the numbers say about one release of a request, as of the last look."""

    __tablename__: ClassVar[Any] = "verification"
    id: int | None = Field(default=None, primary_key=True)
    request_id: int = Field(foreign_key="request.id", index=True)
    event_id: int = Field(foreign_key="status_event.id", unique=True)  # the release
    verdict: str = Field(max_length=20)  # Verdict
    released_on: date
    fixed_in: str | None = Field(default=None, max_length=60)
    figures: dict[str, Any] = _json(dict)
    judged_at: datetime = _time()
    decided_at: datetime | None = _time(nullable=True)
