"""Erases a person from files that were exported: rows where a file has rows, else the file.

A digest, a chart or a workbook that quotes the person is removed, since it can be written
again; a table loses their rows. A backup in SQLite's format is opened and erased from like the
database; other backups are named, and have to be replaced by new ones.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

from feedback_nlp.errors import FeedbackError, InputError
from feedback_nlp.files import replaced
from feedback_nlp.store import Database, erasing

_KEYS = ("author_key", "person_key")
_SHORTEST = 6
"""Shorter words are everybody's: 很好 in a digest says nothing of who said it."""

_SQLITE = b"SQLite format 3\x00"
_POSTGRES = b"PGDMP"


@dataclass(frozen=True, slots=True)
class Traces:
    """What a person's rows are recognised by.

    Attributes:
        key: The author key.
        sources: ``(source, source_key)`` of their feedback.
        texts: Their feedback's texts and those of its units.
    """

    key: str
    sources: frozenset[tuple[str, str]] = frozenset()
    texts: frozenset[str] = frozenset()

    def is_in(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row is the person's: by key where it has one, else by its source, text."""
        known = [row[name] for name in _KEYS if row.get(name)]
        if known:
            return self.key in known
        if row.get("source") and row.get("source_key"):
            return (row["source"], row["source_key"]) in self.sources
        text = row.get("text")
        return isinstance(text, str) and len(text) >= _SHORTEST and text in self.texts

    def are_in(self, content: str) -> bool:
        """Tell whether a file quotes the person, however it writes ``&``, ``<`` or brackets."""
        if self.key in content:
            return True
        bare = _bare(unescape(content))
        words = (_bare(text) for text in self.texts)
        return any(text in bare for text in words if len(text) >= _SHORTEST)


def _bare(text: str) -> str:
    """Return letters and digits alone."""
    return "".join(filter(str.isalnum, text))


@dataclass(slots=True)
class ErasedFiles:
    """What became of the files.

    Attributes:
        rows: Rows taken out, by file.
        removed: Files that quoted the person and are gone.
        left: Files that may hold the person, with why they were left.
    """

    rows: dict[str, int] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


def traces_of(database: Database, key: str) -> Traces:
    """Return what a person's rows are recognised by; to be read before they are erased."""
    with database.read() as session:
        rows = erasing.rows_of(session, key)
        names = {source.id: source.name for source, *_ in erasing.kept_by_source(session)}
    feedback = {row["id"]: row for row in rows.get("feedback", [])}
    texts = {row["text"] for row in feedback.values()} | {row["title"] for row in feedback.values()}
    for unit in rows.get("unit", []):
        texts.add(feedback[unit["feedback_id"]]["text"][unit["start"] : unit["end"]])
    sources = {(names[row["source_id"]], row["source_key"]) for row in feedback.values()}
    return Traces(key, frozenset(sources), frozenset(texts - {""}))


def erase_from_exports(folder: Path, traces: Traces) -> ErasedFiles:
    """Erase a person from every file under a folder.

    Raises:
        InputError: If the folder does not exist, or a file cannot be written.
    """
    if not folder.is_dir():
        raise InputError(f"目录 {folder} 不存在")
    done = ErasedFiles()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            _erase(path, str(path.relative_to(folder)), traces, done)
    return done


def _erase(path: Path, name: str, traces: Traces, done: ErasedFiles) -> None:
    suffix = "".join(path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]).lower()
    with path.open("rb") as file:
        head = file.read(len(_SQLITE))
    if head == _SQLITE:
        _of_backup(path, name, traces, done)
    elif head.startswith(_POSTGRES):
        done.left[name] = "PostgreSQL 的备份改不了，请重新备份并删掉它"
    elif suffix in (".csv", ".csv.gz", ".tsv", ".tsv.gz"):
        _of_rows(
            path, name, done, _csv_without(_text(path), "," if ".csv" in suffix else "\t", traces)
        )
    elif suffix in (".jsonl", ".jsonl.gz"):
        _of_rows(path, name, done, _lines_without(_text(path), traces))
    elif suffix == ".parquet":
        _of_parquet(path, name, traces, done)
    elif traces.are_in(_workbook(path) if suffix == ".xlsx" else _text(path)):
        path.unlink()
        done.removed.append(name)


def _text(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".gz":
        with suppress(OSError, EOFError):
            content = gzip.decompress(content)
    return content.decode("utf-8-sig", "replace")


def _of_rows(path: Path, name: str, done: ErasedFiles, left: tuple[str, int]) -> None:
    content, count = left
    if count:
        with replaced(path) as file:
            file.write(content.encode("utf-8-sig" if ".csv" in name or ".tsv" in name else "utf-8"))
        done.rows[name] = count


def _csv_without(content: str, delimiter: str, traces: Traces) -> tuple[str, int]:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\r\n")
    count = 0
    header: list[str] = []
    for row in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter):
        header = header or row
        named = {key: cell.removeprefix("'") for key, cell in zip(header, row, strict=False)}
        if row is not header and traces.is_in(named):
            count += 1
        else:
            writer.writerow(row)
    return target.getvalue(), count


def _lines_without(content: str, traces: Traces) -> tuple[str, int]:
    lines = content.splitlines(keepends=True)
    left = [line for line in lines if not traces.is_in(_parsed(line))]
    return "".join(left), len(lines) - len(left)


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _of_parquet(path: Path, name: str, traces: Traces, done: ErasedFiles) -> None:
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pq.read_table(path)
    wanted = [
        column
        for column in (*_KEYS, "source", "source_key", "text")
        if column in table.column_names
    ]
    rows = table.select(wanted).to_pylist()
    keep = [not traces.is_in(row) for row in rows]
    if all(keep):
        return
    with replaced(path) as file:
        pq.write_table(table.filter(pa.array(keep)), file)
    done.rows[name] = keep.count(False)


def _workbook(path: Path) -> str:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415

    def cells() -> Iterator[str]:
        book = CalamineWorkbook.from_path(str(path))
        for sheet in book.sheet_names:
            for row in book.get_sheet_by_name(sheet).to_python():
                yield from (str(cell) for cell in row)

    try:
        return "\n".join(cells())
    except CalamineError:
        return ""


def _of_backup(path: Path, name: str, traces: Traces, done: ErasedFiles) -> None:
    database = Database(str(path))
    try:
        with database.write() as session:
            counts = erasing.erase_person(session, traces.key, now=datetime.now(UTC))
        database.forget_log()
    except FeedbackError as error:
        done.left[name] = error.message
        return
    except Exception as error:  # a copy of an older schema, or of something else
        done.left[name] = f"打不开（{type(error).__name__}），请重新备份并删掉它"
        return
    finally:
        database.dispose()
    if counts:
        done.rows[name] = sum(counts.values())
