"""数据: files in, with a look before; what became of each; an analysis now, with its progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_api.desk import links, rendering
from feedback_api.desk.edge import Posted, PostedDep, posted, router
from feedback_api.desk.feedback_list import FeedbackId
from feedback_api.desk.sample_page import accuracy
from feedback_api.desk.shell import shell_of
from feedback_api.services import Services, ServicesDep
from feedback_api.uploads import Uploads
from feedback_nlp.access import recording
from feedback_nlp.clean.characters import clean_characters
from feedback_nlp.errors import InputError, UnknownLayout
from feedback_nlp.ingest import FIELDS, NO_CHOICES
from feedback_nlp.ingest.contacts import ALWAYS
from feedback_nlp.jobs.dry_run import Preview, preview_file
from feedback_nlp.jobs.ingest import ingest_file
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.labels import BatchStatus, Measure, SourceKind, label
from feedback_nlp.store import job_queue
from feedback_nlp.store.batches import list_batches, rejected_rows
from feedback_nlp.store.tables import Feedback, IngestBatch, Source
from feedback_nlp.tabular import open_table
from feedback_nlp.week.counting import count
from feedback_nlp.weeks import parse_period
from feedback_nlp.worker import presence
from feedback_nlp.worker.handlers import ANALYZE
from feedback_nlp.worker.plans import analysis_wanted

pages = router()
_uploads = Uploads()

_FILE_MEASURES = (
    Measure.BATCHES,
    Measure.READ,
    Measure.ACCEPTED,
    Measure.DUPLICATE,
    Measure.REJECTED,
)
#: As the table below them says it.
_FILE_WORDS = {
    Measure.BATCHES.value: "批",
    Measure.READ.value: "读入",
    Measure.ACCEPTED.value: "收下",
    Measure.DUPLICATE.value: "已有",
    Measure.REJECTED.value: "拒收",
}
_SHOWN_REJECTED = 200
_DROP = "-"
_CONTACT, _CONSENT = "+contact", "+consent"
#: What a column may be besides a field, where the deployment keeps addresses.
_OF_CONTACTS = ((_CONTACT, "联系邮箱（加密）"), (_CONSENT, "愿不愿意被联系"))
_NO_CONDITIONS = ("of", "product", "sampled")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, and what a person wants it to be."""

    name: str
    use: str
    why: str
    chosen: str


@pages.get("/data")
def show_data(request: Request, services: ServicesDep) -> Response:
    """Batches, an upload, and the analyses."""
    where = _file_conditions(request)
    zone = services.settings.zone
    shell = shell_of(request, services, "/data")
    with services.database.read() as session:
        batches = list_batches(session)
        if where:
            held = _held(session, where, services)
            batches = [row for row in batches if row[0].id in held]
        totals = {measure.value: count(session, measure, where, zone) for measure in _FILE_MEASURES}
        jobs = job_queue.page(session, kinds=[ANALYZE], before=None, limit=5)
        is_worked = presence.is_anybody_there(session)
        stored = _stored(session, [batch.id or 0 for batch, _ in batches])
        precise = accuracy(session)
        waiting = session.scalar(
            select(col(Feedback.id)).where(col(Feedback.analyzed_run_id).is_(None)).limit(1)
        )
    return rendering.page(
        request,
        "data.html",
        shell,
        batches=batches,
        stored=stored,
        precise=precise,
        totals=totals,
        words=_FILE_WORDS,
        conditions=[_condition_words(name, value) for name, value in where.items()],
        of=request.query_params.get("of", ""),
        jobs=jobs,
        is_running=any(str(job.state) in ("queued", "running") for job in jobs),
        is_worked=is_worked,
        waiting=waiting is not None,
        kinds=[(kind.value, label(kind)) for kind in SourceKind],
        batch_words={status.value: label(status) for status in BatchStatus},
    )


@pages.get("/data/batches/{batch_id}")
def show_batch(request: Request, services: ServicesDep, batch_id: FeedbackId) -> Response:
    """One batch: its totals, remarks, and each row that it rejected."""
    shell = shell_of(request, services, "/data")
    with services.database.read() as session:
        rejected = rejected_rows(session, batch_id)
        found = session.get(IngestBatch, batch_id)
        assert found is not None
        source = session.get(Source, found.source_id)
        stored = _stored(session, [batch_id])[batch_id]
    return rendering.page(
        request,
        "batch.html",
        shell,
        batch=found,
        source=source,
        stored=stored,
        rejected=rejected[:_SHOWN_REJECTED],
        of=request.query_params.get("of", ""),
    )


@pages.post("/data/preview")
def preview(
    request: Request, services: ServicesDep, form: Annotated[Posted, Depends(posted)]
) -> Response:
    """Show how a file will be read, and what will be dropped; nothing is stored."""
    token = form.text("token", limit=100)
    if not token:
        sent = form.file("file")
        if sent is None:
            raise InputError("没有选文件", hint="选一个 CSV、Excel、JSON 或 Parquet 文件")
        token = _uploads.put(sent.filename or "", sent.file.read())
    upload = _uploads.get(token)
    options = _options(form, services)
    problem, seen, columns = "", None, []
    with upload.as_file() as path:
        try:
            seen = preview_file(path, options)
            columns = _columns(seen, options)
        except UnknownLayout as error:
            problem = error.message
            with open_table(path) as table:
                columns = [Column(name, "", "", _chosen(options, name)) for name in table.columns]
    shell = shell_of(request, services, "/data")
    return rendering.page(
        request,
        "preview.html",
        shell,
        token=token,
        name=upload.name,
        source=options.source,
        kind=form.text("kind"),
        kinds=[(kind.value, label(kind)) for kind in SourceKind],
        preview=seen,
        problem=problem,
        columns=columns,
        fields=[*FIELDS.items(), *(_OF_CONTACTS if options.keep_contacts else ())],
        drop=_DROP,
        keeps_contacts=options.keep_contacts,
        agreed=options.choices.consent == ALWAYS,
    )


@pages.post("/data/import")
def take_in(services: ServicesDep, form: PostedDep) -> Response:
    """Store a file as the preview showed it; an analysis is queued after it."""
    token = form.text("token", limit=100)
    upload = _uploads.get(token)
    actor = form.actor
    with upload.as_file() as path:
        report = ingest_file(services.database, path, _options(form, services), now=services.now)
    _uploads.drop(token)
    with services.database.write() as session:
        job_queue.enqueue(session, analysis_wanted(actor=actor))
        detail = {"source": report.source, "accepted": report.accepted, "rejected": report.rejected}
        recording.record(
            session, "data.import", f"batch:{report.batch_id}", detail, now=services.now()
        )
    words = (
        f"收下 {report.accepted} 条，已有 {report.duplicate} 条，拒收 {report.rejected} 条。"
        "存下的不能一步撤回。"
    )
    return rendering.done(form.onward(f"/data/batches/{report.batch_id}"), words)


@pages.post("/data/analyze")
def analyze(services: ServicesDep, form: PostedDep) -> Response:
    """Queue an analysis; one that waits already is that one."""
    actor = form.actor
    with services.database.write() as session:
        job = job_queue.enqueue(session, analysis_wanted(actor=actor))
        recording.record(session, "analysis.queue", f"job:{job.id}", {}, now=services.now())
        undo = {"action": f"/data/analyze/{job.id}/undo", "actor": actor}
    return rendering.done(form.onward("/data"), "排上了，进度在下面。", undo)


@pages.post("/data/analyze/{job_id}/undo")
def call_off(services: ServicesDep, form: PostedDep, job_id: FeedbackId) -> Response:
    """Call an analysis off that is not done; what it has read by then stays."""
    actor = form.actor
    with services.database.write() as session:
        job_queue.cancel(session, job_id, ANALYZE)
        recording.record(session, "analysis.cancel", f"job:{job_id}", {}, now=services.now())
    return rendering.done(form.onward("/data"), f"{actor} 取消了这次分析。")


def _options(form: Posted, services: Services) -> IngestOptions:
    kind = form.text("kind")
    source = form.text("source", limit=200)
    if not source:
        raise InputError("没有写来源叫什么", hint="例如 官网反馈；同一个来源以后都写同一个名字")
    mapping, dropped = {}, []
    contact, consent = "", ALWAYS if form.text("agreed") else ""
    for name, field in zip(form.all("column"), form.all("field"), strict=False):
        if field == _DROP:
            dropped.append(name)
        elif field == _CONTACT:
            contact = name
        elif field == _CONSENT:
            consent = name
        elif field in FIELDS:
            mapping[field] = name
    return IngestOptions(
        zone=services.settings.zone,
        source=source,
        kind=SourceKind(kind) if kind in set(SourceKind) else None,
        mapping=mapping,
        choices=replace(
            NO_CHOICES,
            drop=tuple(dropped),
            contact=contact,
            consent=consent if contact else "",
        ),
        secret=services.settings.plain_secret,
        keep_contacts=services.settings.keep_contacts,
    )


def _columns(seen: Preview, options: IngestOptions) -> list[Column]:
    return [
        Column(column["column"], column["use"], column["why"], _chosen(options, column["column"]))
        for column in seen.columns
    ]


def _chosen(options: IngestOptions, name: str) -> str:
    choices = options.choices
    if name in choices.drop:
        return _DROP
    if name in (choices.contact, choices.consent):
        return _CONTACT if name == choices.contact else _CONSENT
    return next((field for field, column in options.mapping.items() if column == name), "")


def _file_conditions(request: Request) -> dict[str, Any]:
    """Return which files an address asks for.

    Raises:
        InputError: If a name is not known.
    """
    where = {}
    for name, raw in request.query_params.multi_items():
        value = clean_characters(raw).strip()[:200]
        if name not in ("week", "source", "reason", *_NO_CONDITIONS):
            raise InputError(f"没有 {name[:40]!r} 这个筛选条件", hint="可用：week、source、reason")
        if value and name not in _NO_CONDITIONS:
            where[name] = value
    return where


def _condition_words(name: str, value: str) -> str:
    return links.week_words(value) if name == "week" else value


def _held(session: Session, where: dict[str, Any], services: Services) -> set[int]:
    """Return the ids of the batches that conditions are about."""
    statement = select(col(IngestBatch.id)).join(
        Source, col(Source.id) == col(IngestBatch.source_id)
    )
    if "source" in where:
        statement = statement.where(col(Source.name) == where["source"])
    if "week" in where:
        start, end = parse_period(where["week"]).bounds(services.settings.zone)
        held = select(col(Feedback.batch_id)).where(
            col(Feedback.occurred_at) >= start, col(Feedback.occurred_at) < end
        )
        statement = statement.where(col(IngestBatch.id).in_(held))
    return {id_ or 0 for id_ in session.scalars(statement)}


def _stored(session: Session, batch_ids: Sequence[int]) -> dict[int, int]:
    """Return how many feedback of each batch are stored now."""
    rows = session.execute(
        select(col(Feedback.batch_id), func.count())
        .where(col(Feedback.batch_id).in_(batch_ids))
        .group_by(col(Feedback.batch_id))
    )
    found = dict.fromkeys(batch_ids, 0)
    return found | {row[0]: row[1] for row in rows}
