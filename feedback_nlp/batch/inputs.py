"""Files, patterns, folders and standard input as one list of inputs with their columns."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from feedback_nlp.batch.payload import Payload, Rows, Share, payloads
from feedback_nlp.batch.plan import Chunk, Column, Layout, input_name
from feedback_nlp.errors import FileUnreadable, InputError, UnknownLayout
from feedback_nlp.records import Rejection
from feedback_nlp.tabular import DEFAULT_LIMITS, STDIN, Row, format_of_name, open_table, spooled

_SAMPLE_ROWS = 200
FILE_COLUMN = "input_file"
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""What Hive calls the folder of rows without a value."""


@dataclass(frozen=True, slots=True)
class Named:
    """A file and what its place in a folder says.

    Attributes:
        path: The file, ``-`` for standard input.
        name: As people know it: the path below the folder that was named, else the path.
        partition: Columns out of ``key=value`` folders.
    """

    path: Path
    name: str
    partition: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Input:
    """An input that was looked at.

    Attributes:
        path: A seekable file.
        layout: Where things are in it.
        sheet: Sheet of a workbook.
        size: Bytes.
        types: Arrow types of Parquet columns, serialised, by column.
        broken: Why nothing of it can be read.
    """

    path: Path
    layout: Layout
    sheet: str | None = None
    size: int = 1
    types: Mapping[str, bytes] = field(default_factory=dict)
    broken: Rejection | None = None

    def payloads(self) -> Iterator[tuple[Payload, int, Share]]:
        """Yield what is in it."""
        if self.broken is not None:
            yield Rows([self.broken]), 1, lambda: 1.0
        else:
            yield from payloads(self.path, self.layout.format, self.sheet)


def expand(sources: Sequence[Path]) -> tuple[list[Named], list[str]]:
    """Return the files behind paths, patterns and folders, and the names that were passed over.

    Raises:
        FileUnreadable: If a pattern or folder has no file that holds a table.
        InputError: If standard input stands beside other inputs.
    """
    if STDIN in sources and len(sources) > 1:
        raise InputError("标准输入 - 不能和别的输入一起用", hint="分开运行")
    found: list[Named] = []
    skipped: list[str] = []
    for source in sources:
        if source != STDIN and not source.exists() and any(c in str(source) for c in "*?["):
            matches = sorted(map(Path, glob.glob(str(source), recursive=True)))
            if not matches:
                raise FileUnreadable(f"没有文件符合 {source}", hint="检查路径和通配符")
        else:
            matches = [source]
        for path in matches:
            if path != STDIN and not path.exists():
                raise FileUnreadable(f"找不到 {path}", hint="检查路径")
            if path != STDIN and path.is_dir():
                inside, others = _inside(path)
                found += inside
                skipped += others
            else:
                found.append(Named(path, str(path)))
    return found, skipped


def _inside(folder: Path) -> tuple[list[Named], list[str]]:
    found, skipped = [], []
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if any(part.startswith((".", "_")) for part in below.parts) or not path.is_file():
            continue  # markers and half-written files of other systems
        if format_of_name(path)[0] is None:
            skipped.append(str(path))
            continue
        found.append(Named(path, below.as_posix(), _partition_of(below.parts[:-1])))
    if not found:
        raise FileUnreadable(
            f"目录 {folder} 里没有表格文件", hint="支持 .csv .jsonl .parquet .xlsx 等"
        )
    return found, skipped


def _partition_of(folders: Iterable[str]) -> dict[str, str]:
    """Return the columns that ``key=value`` folders name, unescaped as Hive escapes them."""
    pairs = (folder.split("=", 1) for folder in folders if "=" in folder)
    return {unquote(name): "" if v == NO_VALUE else unquote(v) for name, v in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a person said about how inputs are read: see ``jobs.options.ClassifyOptions``."""

    mapping: Mapping[str, str]
    format: str | None
    sheet: str | None


def look_at(stack: ExitStack, files: Sequence[Named], reading: Reading) -> list[Input]:
    """Find out format, columns, text and id of each file.

    A single file that cannot be read is an error; among several it becomes one rejection.

    Raises:
        FileUnreadable: If the only file cannot be read at all.
        UnknownLayout: If no column can be taken for the text.
    """
    inputs = []
    for named in files:
        constants = dict(named.partition)
        if len(files) > 1:
            constants[FILE_COLUMN] = named.name
        try:
            path = stack.enter_context(spooled(named.path, DEFAULT_LIMITS))
            inputs.append(_look_at(stack, path, named.name, constants, reading))
        except FileUnreadable as error:
            if len(files) == 1:
                raise
            layout = Layout(named.name, "lines", (), "text", constants=constants)
            broken = Rejection(0, "file-unreadable", str(error))
            inputs.append(Input(named.path, layout, broken=broken))
    return inputs


def _look_at(
    stack: ExitStack, path: Path, name: str, constants: Mapping[str, str], reading: Reading
) -> Input:
    from feedback_nlp.ingest import storable, text_and_key_columns  # noqa: PLC0415 - slow to load

    with open_table(path, format=reading.format, sheet=reading.sheet) as table:
        size = max(path.stat().st_size, 1)
        kind, columns, nested = table.format, table.columns, False
        if kind == "chat":  # every line is a text here: nothing is stored
            kind, columns = "lines", ("text",)
        if kind in ("json", "jsonl", "parquet", "xml") and not _has_text(columns, reading.mapping):
            nested = True
            head = [row for row in islice(table.rows, _SAMPLE_ROWS) if isinstance(row, Row)]
            columns = flat_columns(head)
        opened = table.path
    text, id_ = text_and_key_columns(columns, reading.mapping)
    if text is None:
        guessed = kind == "csv" and reading.format is None
        if guessed and format_of_name(path)[0] is None and not reading.mapping:
            return Input(
                path, Layout(name, "lines", ("text",), "text", constants=constants), size=size
            )
        shown = "、".join(columns[:30])
        raise UnknownLayout(
            storable(f"看不出哪一列是文字。文件的列：{shown}"),
            reason="no-text-column",
            example=storable(columns[-1] if columns else "列名"),
        )
    types: Mapping[str, bytes] = {}
    if kind == "parquet":
        if opened != path:  # packed: the unpacked copy lives as long as the run
            path = stack.enter_context(spooled(path, DEFAULT_LIMITS, unpack=True))
        from feedback_nlp.batch.parquet import column_types  # noqa: PLC0415 - slow to import

        all_columns, types = column_types(path)
        columns = columns if nested else all_columns
        layout = Layout(name, kind, all_columns, text, id_, nested, constants)
        return Input(path, layout, size=size, types={} if nested else types)
    layout = Layout(name, kind, columns, text, id_, nested, constants)
    return Input(path, layout, reading.sheet, size)


def flat_columns(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the columns of nested rows, in order of appearance."""
    from feedback_nlp.ingest.flatten import flatten  # noqa: PLC0415 - slow to load

    return tuple(dict.fromkeys(chain.from_iterable(flatten(row.values) for row in rows)))


def _has_text(columns: Sequence[str], mapping: Mapping[str, str]) -> bool:
    from feedback_nlp.ingest import text_and_key_columns  # noqa: PLC0415 - slow to load

    try:
        return text_and_key_columns(columns, mapping)[0] is not None
    except InputError:  # a column that was named lies deeper
        return False


def columns_that_come_along(
    inputs: Sequence[Input], keep: Sequence[str] | None
) -> tuple[Column, ...]:
    """Return the columns of all inputs that go out beside the results, in order.

    Args:
        inputs: All inputs.
        keep: Names of those that are wanted; ``None`` for all.

    Raises:
        InputError: If one is wanted that no input has.
    """
    found: dict[str, list[bytes | None]] = {}
    for one in inputs:
        layout = one.layout
        names = [name for name in _names(one) if name not in (layout.text_column, layout.id_column)]
        for name in names:
            found.setdefault(name, []).append(one.types.get(name))
    if keep is not None:
        missing = [name for name in keep if name not in found]
        if missing:
            raise InputError(
                f"没有这样的列：{'、'.join(missing)}", hint=f"可用的列：{'、'.join(found)}"
            )
    wanted = found if keep is None else keep
    columns = [Column(name, _outward(name, inputs), _one_type(found[name])) for name in wanted]
    return tuple(columns)


def _names(one: Input) -> list[str]:
    names: Any = one.layout.columns
    if one.layout.nested:
        with open_table(one.path, format=one.layout.format, sheet=one.sheet) as table:
            head = [row for row in islice(table.rows, 20_000) if isinstance(row, Row)]
        names = flat_columns(head)
    return [*filter(None, names), *one.layout.constants]


def _outward(name: str, inputs: Sequence[Input]) -> str:
    is_constant = any(name in one.layout.constants for one in inputs)
    return name if is_constant else input_name(name)


def _one_type(types: Sequence[bytes | None]) -> bytes | None:
    return types[0] if len(set(types)) == 1 else None


def chunks_of(inputs: Sequence[Input]) -> Iterator[Chunk]:
    """Cut all inputs into chunks, numbered through."""
    total = sum(one.size for one in inputs)
    index, first, before = 0, 1, 0
    for source, one in enumerate(inputs):
        for payload, rows, share in one.payloads():
            done = share()
            reached = None if done is None else (before + done * one.size) / total
            yield Chunk(index, first, source, payload, rows, reached)
            index, first = index + 1, first + rows
        before += one.size


def digest(inputs: Sequence[Input]) -> bytes:
    """Return the SHA-256 of a file, or of the digests of several."""
    digests = []
    for one in inputs:
        if one.broken is not None:
            digests.append(b"")
            continue
        with one.path.open("rb") as file:
            digests.append(hashlib.file_digest(file, "sha256").digest())
    return digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digests)).digest()
