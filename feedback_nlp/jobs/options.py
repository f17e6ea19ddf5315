"""What a person may say about a file to be read, as one record for each job that reads one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from feedback_nlp.errors import InputError
from feedback_nlp.ingest import NO_CHOICES, Choices
from feedback_nlp.labels import Depth, SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """How a file is read.

    Attributes:
        zone: Zone of times that name none.
        mapping: Column by field, named by a person.
        format: See :func:`feedback_nlp.tabular.open_table`.
        sheet: Sheet of a workbook.
        secret: ``FEEDBACK_SECRET``, if configured: it keys the pseudonyms.
    """

    zone: ZoneInfo
    mapping: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    sheet: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOptions(FileOptions):
    """How a file is stored; ``mapping`` is saved with the source.

    Attributes:
        source: Name of the source; made if new.
        kind: What the source is; by default what the layout says.
        product: Product of rows that name none.
        choices: Header, date of the file, columns to drop and to keep, column of addresses.
        keep_contacts: Whether the deployment keeps addresses.
    """

    source: str
    kind: SourceKind | None = None
    product: str | None = None
    choices: Choices = NO_CHOICES
    keep_contacts: bool = False

    def require_contacts(self) -> None:
        """Refuse to read a column of addresses where the deployment keeps none.

        Raises:
            InputError: If it does not, though a column was named.
        """
        if self.choices.contact and not self.keep_contacts:
            raise InputError(
                "指了联系邮箱的列，但没有开启 FEEDBACK_KEEP_CONTACTS",
                hint="部署的人决定要留，就设成 true；不留就去掉这一项，那一列照旧不保存",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifyOptions(FileOptions):
    """How a file is classified; of ``mapping``, ``text`` and ``source_key`` matter.

    Attributes:
        workers: Processes; by default one for small files, else one a core.
        depth: How closely rows are read.
        redact: Mask personal data; offsets then point into the masked text. Without ``secret``
            the content of the file keys the pseudonyms.
        keep: Columns that come along; ``None`` for all.
        rejects: File for rows that cannot be read; by default they stay in their place.
        resume: Keep finished chunks beside the output, and go on with those that are there.
        topics_of: Database whose living topics units are put into.
        partition_by: Column by whose day rows go into a folder of Parquet files.
    """

    workers: int | None = None
    depth: Depth = Depth.FAST
    redact: bool = False
    keep: tuple[str, ...] | None = None
    rejects: Path | None = None
    resume: bool = False
    topics_of: str | None = None
    partition_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """How a table is classified into another.

    Attributes:
        zone: Zone that times are written in.
        source: URL of the database that is read.
        target: URL of the database that is written, or a folder.
        into: Table that is written; made if missing; or else
        partition_by: the column by whose day rows go into a folder of Parquet files.
        key: Unique column, whole numbers or texts.
        table: Table that is read, or else
        query: a query.
        text: Text column; by default told by its name.
        again: Also read rows that the target has, and replace them.
        redact: Mask personal data by ``secret``; the masked text is written too.
        secret: ``FEEDBACK_SECRET``, if configured.
        depth: How closely rows are read.
        workers: Processes.
        topics_of: Database whose living topics units are put into.
    """

    zone: ZoneInfo
    source: str
    target: str
    key: str
    into: str | None = None
    partition_by: str | None = None
    table: str | None = None
    query: str | None = None
    text: str | None = None
    again: bool = False
    redact: bool = False
    secret: str | None = None
    depth: Depth = Depth.FAST
    workers: int = 1
    topics_of: str | None = None
