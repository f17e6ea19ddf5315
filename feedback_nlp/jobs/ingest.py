"""The ingestion job: files to prepared rows, chunk by chunk, each chunk one transaction.

Killing it anywhere is safe. A batch is known by its source and the sha256 of content and
way of reading; its totals are committed with its rows. The next run on the same content
finds the open batch, reads the file again, skips the records it has accounted for, and
goes on; reading is deterministic, so it ends where an undisturbed run ends.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_nlp.clean import Pseudonymizer, prepare
from feedback_nlp.clean.characters import UNSEEN
from feedback_nlp.errors import InputError
from feedback_nlp.ingest import (
    EXPECTED_REASONS,
    NO_CHOICES,
    UNKNOWN_KIND,
    SourceReading,
    open_source,
    storable,
)
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.jobs.preparing import Preparer, stored_key
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.store import Database, ingestion
from feedback_nlp.store.batches import rejection_reasons
from feedback_nlp.store.ingestion import Totals
from feedback_nlp.store.keys import deployment_secret

if TYPE_CHECKING:
    from feedback_nlp.jobs.contacts import FileContacts

CHUNK_SIZE = 10_000
_CHUNK_CHARS = 20_000_000
_MAX_SOURCE_NAME = 200
_UNSEEN = re.compile(f"[{UNSEEN}]")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of one file.

    Attributes:
        batch_id: The batch; ``feedback-nlp batches`` shows it.
        file_name: Name without folder.
        layout: Name of the layout.
        layout_label: Its Chinese name.
        source: Name of the source.
        kind: Its kind.
        read, accepted, duplicate, rejected: Totals of the whole batch, a resumed part included.
        resumed_from: Records that an interrupted earlier run had already accounted for.
        reasons: Rejections of the batch by reason.
        mapping: The column each field was taken from.
        notes: Chinese remarks.
        key_changes: Keys that are stored in another form than they came, by what came.
    """

    batch_id: int
    file_name: str
    layout: str
    layout_label: str
    source: str
    kind: str
    read: int
    accepted: int
    duplicate: int
    rejected: int
    resumed_from: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    key_changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_faults(self) -> bool:
        """Whether rows were rejected that a healthy file would not have."""
        return any(reason not in EXPECTED_REASONS for reason in self.reasons)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-serialisable values."""
        return asdict(self)


def ingest_file(
    database: Database,
    path: Path,
    options: IngestOptions,
    *,
    now: Callable[[], datetime],
    progress: Progress = lambda _read: None,
) -> IngestReport:
    """Store one file; running it again is harmless, and finishes an interrupted run.

    Args:
        database: Open, with its schema at head.
        path: The file, or ``-`` for standard input.
        options: What a person said about the file.
        now: The clock.
        progress: Called with the records accounted for so far.

    Raises:
        FileUnreadable: If the file cannot be read at all. Nothing is stored then.
        UnknownLayout: If no column can be taken for the text. Nothing is stored then.
        Conflict: If ``kind`` contradicts the source, or another process reads the same file.
        InputError: If it names a column of addresses and the deployment keeps none.
    """
    options.require_contacts()
    name = source_name(options.source)
    with database.read() as session:
        known = ingestion.find_source(session, name)
        saved = dict(known.mapping) if known else {}
    with open_source(
        path,
        zone=options.zone,
        mapping=options.mapping,
        saved=saved,
        format=options.format,
        sheet=options.sheet,
        choices=options.choices,
    ) as reading:
        identity = _identity(reading.path, {**saved, **options.mapping}, options)
        opened = _open(database, path, reading, options, identity, now())
        preparer = Preparer(opened.pseudonymizer, options.product or opened.product, name)
        totals = opened.before
        for chunk in _chunks(islice(reading.items, totals.read, None)):
            moment = now()
            left = opened.contacts
            named = chunk if left is None else [left.named(item) for item in chunk]
            rows = [preparer.values(item, moment) for item in named]
            with database.write() as session:
                totals = ingestion.store_chunk(
                    session, opened.batch_id, opened.source_id, totals, rows
                )
                if left is not None:
                    left.keep(session, opened.source_id, chunk, rows, now=moment)
            progress(totals.read)
        told = [
            prepare(note, opened.pseudonymizer).text
            for note in (*reading.notes, *preparer.notes, *opened.notes)
            if not (options.kind and note == UNKNOWN_KIND)
        ]
        with database.write() as session:
            ingestion.finish_batch(session, opened.batch_id, now=now(), notes=told)
            reasons = rejection_reasons(session, opened.batch_id)
    return opened.report(reading, totals, reasons, told)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A batch that is open, and what was known when it was opened."""

    batch_id: int
    source_id: int
    source: str
    kind: str
    product: str | None
    file_name: str
    before: Totals
    pseudonymizer: Pseudonymizer
    contacts: FileContacts | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Chinese remarks on what was kept beside the rows."""
        return () if self.contacts is None else self.contacts.notes

    def report(
        self,
        reading: SourceReading,
        totals: Totals,
        reasons: Mapping[str, int],
        notes: Sequence[str],
    ) -> IngestReport:
        """Say what became of its file."""
        return IngestReport(
            batch_id=self.batch_id,
            file_name=self.file_name,
            layout=reading.layout,
            layout_label=reading.label,
            source=self.source,
            kind=self.kind,
            read=totals.read,
            accepted=totals.accepted,
            duplicate=totals.duplicate,
            rejected=totals.rejected,
            resumed_from=self.before.read,
            reasons=reasons,
            mapping=reading.mapping,
            notes=notes,
        )


def _open(
    database: Database,
    path: Path,
    reading: SourceReading,
    options: IngestOptions,
    identity: str,
    now: datetime,
) -> _Opened:
    """Open the batch of a file, or the one that an interrupted run left open."""
    name = source_name(options.source)
    with database.write() as session:
        secret = deployment_secret(session, options.secret)
        pseudonymizer = Pseudonymizer(secret)
        owner = ingestion.ensure_source(
            session,
            name,
            now=now,
            kind=options.kind,
            default_kind=reading.kind or SourceKind.IN_APP,
            product=options.product,
            mapping=options.mapping,
        )
        batch = ingestion.open_batch(
            session,
            owner,
            now=now,
            file_name=_file_name(path, pseudonymizer),
            content_sha256=identity,
            layout=reading.layout,
        )
        assert batch.id is not None
        assert owner.id is not None
        return _Opened(
            batch.id,
            owner.id,
            name,
            owner.kind,
            owner.product,
            batch.file_name,
            ingestion.totals_of(batch),
            pseudonymizer,
            _contacts(secret) if options.choices.contact else None,
        )


def _contacts(secret: bytes) -> FileContacts:
    from feedback_nlp.jobs.contacts import FileContacts  # noqa: PLC0415 - seldom needed
    from feedback_nlp.store.contacts import Sealer  # noqa: PLC0415

    return FileContacts(Sealer(secret))


def ingest_items(
    database: Database,
    items: Iterable[RawItem | Rejection],
    *,
    source: str,
    now: datetime,
    kind: SourceKind | None = None,
    product: str | None = None,
    layout: str = "api",
    secret: str | None = None,
) -> IngestReport:
    """Store the items of one call in one transaction: all or nothing.

    Args:
        database: Open, with its schema at head.
        items: What came in.
        source: Name of the source; made if new.
        now: Time of arrival.
        kind: What the source is.
        product: Product of items that name none.
        layout: What the batch is recorded as.
        secret: ``FEEDBACK_SECRET``, if configured.

    Raises:
        Conflict: If ``kind`` contradicts the source.
    """
    name = source_name(source)
    with database.write() as session:
        pseudonymizer = Pseudonymizer(deployment_secret(session, secret))
        owner = ingestion.ensure_source(session, name, now=now, kind=kind, product=product)
        preparer = Preparer(pseudonymizer, product or owner.product, name)
        batch = ingestion.open_batch(session, owner, now=now, layout=layout)
        assert batch.id is not None
        assert owner.id is not None
        totals = Totals()
        changes: dict[str, str] = {}
        for chunk in _chunks(items):
            rows = [preparer.values(item, now) for item in chunk]
            changes |= _changed_keys(chunk, pseudonymizer)
            totals = ingestion.store_chunk(session, batch.id, owner.id, totals, rows)
        ingestion.finish_batch(session, batch.id, now=now)
        reasons = rejection_reasons(session, batch.id)
    return IngestReport(
        batch_id=batch.id,
        file_name="",
        layout=layout,
        layout_label=layout,
        source=name,
        kind=owner.kind,
        read=totals.read,
        accepted=totals.accepted,
        duplicate=totals.duplicate,
        rejected=totals.rejected,
        reasons=reasons,
        key_changes=changes,
    )


def _changed_keys(
    chunk: Sequence[RawItem | Rejection], pseudonymizer: Pseudonymizer
) -> dict[str, str]:
    """Return the stored form of keys that held personal data, by what came."""
    keys = {item.source_key for item in chunk if isinstance(item, RawItem)}
    stored = {key: stored_key(key, pseudonymizer) for key in keys}
    return {key: form for key, form in stored.items() if form != key}


@lru_cache(maxsize=1_000)
def source_name(source: str) -> str:
    """Return the name of a source as it is stored.

    Raises:
        InputError: If it is blank, too long, or holds personal data.
    """
    name = source.strip()
    if not name or len(name) > _MAX_SOURCE_NAME or _UNSEEN.search(name):
        raise InputError(
            f"来源名 {source[:50]!r} 不可用", hint=f"用 1–{_MAX_SOURCE_NAME} 个可见字符"
        )
    if "〔" not in name and "〔" in (shown := prepare(name, Pseudonymizer(b"shown")).text):
        raise InputError(
            f"来源名里有个人信息（{shown}）",
            hint="来源名会出现在每份报告里，换一个不含号码和姓名的",
        )
    return name


def _chunks(items: Iterable[RawItem | Rejection]) -> Iterator[list[RawItem | Rejection]]:
    """Yield the items in stretches that one transaction takes; memory is bounded."""
    chunk: list[RawItem | Rejection] = []
    chars = 0
    for item in items:
        chunk.append(item)
        chars += len(item.text if isinstance(item, RawItem) else item.raw)
        if len(chunk) >= CHUNK_SIZE or chars >= _CHUNK_CHARS:
            yield chunk
            chunk, chars = [], 0
    if chunk:
        yield chunk


def _file_name(path: Path, pseudonymizer: Pseudonymizer) -> str:
    if str(path) == "-":
        return "标准输入"
    return prepare(storable(path.name), pseudonymizer).text


def _identity(path: Path, mapping: Mapping[str, str], options: IngestOptions) -> str:
    """Return the sha256 of a file's bytes and of the way it is read."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    way: list[Any] = [sorted(mapping.items()), options.sheet]
    if options.choices != NO_CHOICES:
        way.append(repr(options.choices))
    digest.update(json.dumps(way).encode())
    return digest.hexdigest()
