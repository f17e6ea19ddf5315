"""Looks at a file without storing anything: how each column will be read, three rows as stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from feedback_nlp.clean import Pseudonymizer
from feedback_nlp.ingest import UNKNOWN_KIND, open_source
from feedback_nlp.jobs.options import IngestOptions
from feedback_nlp.jobs.preparing import Preparer
from feedback_nlp.labels import SourceKind, label
from feedback_nlp.records import Rejection

_SHOWN_ROWS = 3
_LOOKED_AT = 200
_ANALYSED = ("signals", "is_spam", "is_burst", "ingested_at", "line")


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do.

    Attributes:
        layout, layout_label: How the file was recognised.
        kind: Chinese word for the kind a new source would get.
        columns: Column, what it is read as, and why it is not stored.
        rows: The first rows as they would be stored; stand-ins differ from the stored ones.
        rejected: Among the first rows: line, reason, detail.
        looked_at: How many rows that is.
        notes: Chinese remarks, counts for the first rows only.
    """

    layout: str
    layout_label: str
    kind: str
    columns: Sequence[Mapping[str, str]]
    rows: Sequence[Mapping[str, Any]]
    rejected: Sequence[Mapping[str, Any]]
    looked_at: int
    notes: Sequence[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the preview as JSON-serialisable values."""
        return asdict(self)


def preview_file(path: Path, options: IngestOptions) -> Preview:
    """Read the first rows of a file as an import would.

    Args:
        path: The file, or ``-``.
        options: What a person said about the file; no source is needed.

    Raises:
        FileUnreadable: If the file cannot be read at all.
        UnknownLayout: If no column can be taken for the text.
    """
    options.require_contacts()
    preparer = Preparer(Pseudonymizer(b"dry run"), options.product)
    now = datetime.now(UTC)
    with open_source(
        path,
        zone=options.zone,
        mapping=options.mapping,
        format=options.format,
        sheet=options.sheet,
        choices=options.choices,
    ) as reading:
        results = [preparer.values(item, now) for item in islice(reading.items, _LOOKED_AT)]
        told = (*reading.notes, *preparer.notes)
        notes = [note for note in told if not (options.kind and note == UNKNOWN_KIND)]
    rejected = [row for row in results if isinstance(row, Rejection)]
    stored = [row for row in results if not isinstance(row, Rejection)]
    kind = options.kind or reading.kind or SourceKind.IN_APP
    return Preview(
        layout=reading.layout,
        layout_label=reading.label,
        kind=label(kind),
        columns=[{"column": u.column, "use": u.use, "why": u.why} for u in reading.uses],
        rows=[_shown(row, options) for row in stored[:_SHOWN_ROWS]],
        rejected=[
            {"line": row.line, "reason": row.reason, "detail": row.detail}
            for row in rejected[:_SHOWN_ROWS]
        ],
        looked_at=len(results),
        notes=notes,
    )


def _shown(row: Mapping[str, Any], options: IngestOptions) -> dict[str, Any]:
    shown = {
        name: value
        for name, value in row.items()
        if name not in _ANALYSED and value not in (None, "", {})
    }
    shown["occurred_at"] = row["occurred_at"].astimezone(options.zone).isoformat(sep=" ")
    if row["meta"].get("time_missing"):
        shown["occurred_at"] = "（没有时间，按导入时间算）"
    return shown
