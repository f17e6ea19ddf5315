"""Opens any supported file as one table."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from feedback_nlp.errors import FileUnreadable, InputError
from feedback_nlp.records import Rejection
from feedback_nlp.tabular.archive import NESTED, Member, is_archive_of_files, unpacked
from feedback_nlp.tabular.chat_log import COLUMNS as CHAT_COLUMNS
from feedback_nlp.tabular.chat_log import is_chat_log, preface_of_chat, read_chat_log
from feedback_nlp.tabular.decoding import TextLine, text_lines, told_encoding
from feedback_nlp.tabular.delimited import read_delimited
from feedback_nlp.tabular.formats import (
    FORMATS,
    GzipInput,
    check_readable,
    detect_format,
    format_of_name,
    open_binary,
    spooled,
)
from feedback_nlp.tabular.headers import FIND_HEADER, HeaderChoice
from feedback_nlp.tabular.html_tables import html_as_csv
from feedback_nlp.tabular.json_rows import read_json, read_json_lines, read_lines, told_beside
from feedback_nlp.tabular.plain_list import is_plain_list
from feedback_nlp.tabular.rows import DEFAULT_LIMITS, Limits, Row, columns_ahead, reject
from feedback_nlp.tabular.sign_up_lists import (
    LIST_COLUMNS,
    is_sign_up_list,
    preface_of_list,
    read_sign_up_list,
)
from feedback_nlp.tabular.spreadsheet_xml import spreadsheet_xml_as_csv
from feedback_nlp.tabular.workbook import read_workbook
from feedback_nlp.tabular.wrapped import without_call
from feedback_nlp.tabular.written_notes import (
    NOTE_COLUMNS,
    blocks_of,
    is_notebook,
    preface_of_notes,
    read_blocks,
    read_notebook,
)
from feedback_nlp.tabular.xml_records import read_xml

_LOOK_LINES = 400
_NAMED_FILES = 12


@dataclass(frozen=True, slots=True)
class Table:
    """An open table.

    Attributes:
        format: One of ``FORMATS``, ``chat`` for a chat saved as text, ``notes`` for written records.
        columns: Column names in order. For JSON, those of the first 200 records.
        rows: Each row once, in order; can be read once.
        other_sheets: The other sheets of a workbook.
        path: The file that is read (standard input: the spooled copy).
        notes: Chinese remarks on how the header was found.
        preface: What stands above the header or around the list of records: titles, dates.
        joined_sheets: Sheets with the same header that were read, too; grows with the rows.
        members: Which lines are of which file of an archive; grows with the rows.
        repeated_names: How often a name stood twice in one JSON object; grows with the rows.
    """

    format: str
    columns: tuple[str, ...]
    rows: Iterator[Row | Rejection]
    path: Path
    other_sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    preface: tuple[str, ...] = ()
    joined_sheets: list[str] = field(default_factory=list)
    repeated_names: Counter[str] = field(default_factory=Counter)
    members: list[str] = field(default_factory=list)


@contextmanager
def open_table(
    source: Path | BinaryIO,
    *,
    format: str | None = None,  # noqa: A002 - the user's word
    sheet: str | None = None,
    header: HeaderChoice = FIND_HEADER,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Table]:
    """Open a file, standard input (``-``) or a binary stream as a table.

    Args:
        source: What to read. Gzip is recognised by its first bytes.
        format: One of ``FORMATS``; by default told from the first bytes and the name.
        sheet: Sheet of a workbook; by default the first that has cells.
        header: Where the header of a text file or workbook is; by default it is looked for.
        limits: Upper bounds.

    Raises:
        FileUnreadable: If it is missing, a directory, empty, damaged, or too large.
        InputError: If ``format`` is not known.
    """
    if format is not None and format not in FORMATS:
        raise InputError(f"不认识的格式 {format!r}", hint=f"可用的格式：{'、'.join(FORMATS)}")
    with ExitStack() as stack:
        path = stack.enter_context(spooled(source, limits))
        check_readable(path)
        named, _ = format_of_name(path)
        kind = detect_format(path, format or named)
        if kind == "xlsx" and not _is_gzip(path) and is_archive_of_files(path):
            yield stack.enter_context(_open_archive(path, sheet, header, limits))
            return
        if kind in ("xlsx", "xls", "parquet"):
            if _is_gzip(path):
                path = stack.enter_context(spooled(path, limits, unpack=True))
            yield _open_binary_table(kind, path, sheet, header, limits)
            return
        stream = stack.enter_context(open_binary(path))
        notes: tuple[str, ...] = ()
        preface: tuple[str, ...] = ()
        repeated: Counter[str] = Counter()
        encoding = told_encoding(stream)
        guessed = (f"文件不是 UTF-8，按 {encoding} 读；有乱码请另存为 UTF-8",) if encoding else ()
        if kind == "html":
            stream, kind = html_as_csv(stream, limits), "csv"
            guessed = (*guessed, "文件其实是网页，读了其中最大的表格")
        elif kind == "xml-sheet":
            stream, kind = spreadsheet_xml_as_csv(stream), "csv"
        elif _may_be_list(kind, format, header) and is_plain_list(stream, limits):
            kind, guessed = "lines", (*guessed, "没有表头，每行算一条反馈")
        if kind in ("csv", "tsv"):
            delimiter, likely = ("\t" if name == "tsv" else None for name in (format, kind))
            read = read_delimited(stream, limits, delimiter=delimiter, likely=likely, header=header)
            columns, rows, notes, preface = read.columns, read.rows, read.notes, read.preface
        elif kind == "lines":
            kind, columns, rows, notes, preface = _written(text_lines(stream, limits), limits)
        else:
            if kind == "json":
                stream = without_call(stream)
                preface = told_beside(stream)
            columns, rows = columns_ahead(_nested_rows(kind, stream, limits, repeated))
        if isinstance(stream, GzipInput):
            rows = _until_damage(rows, stream)
        notes = (*guessed, *notes)
        yield Table(
            kind, columns, rows, path, notes=notes, preface=preface, repeated_names=repeated
        )


@contextmanager
def _open_archive(
    path: Path, sheet: str | None, header: HeaderChoice, limits: Limits
) -> Iterator[Table]:
    """Open the tables of a zip archive as one; lines are counted on from member to member."""
    with tempfile.TemporaryDirectory(prefix="feedback-nlp-") as folder:
        members, left = unpacked(path, limits, Path(folder))
        notes = [f"压缩包里没有读的文件：{_some(left)}"] if left else []
        columns: dict[str, None] = {}
        readable: list[Member] = []
        for member in members:
            try:
                with open_table(member.path, sheet=sheet, header=header, limits=limits) as table:
                    columns.update(dict.fromkeys(table.columns))
                    notes += [f"{member.name}：{note}" for note in table.notes]
                    opened = table
            except FileUnreadable as error:
                told = error.message.replace(member.path.name, "").strip()
                notes.append(f"压缩包里的 {member.name} 读不了：{told}")
            else:
                readable.append(member)
        if not readable:
            raise FileUnreadable(f"{path.name} 是压缩包，里面的表格都读不了：{notes[-1]}")
        read: list[str] = []
        repeated: Counter[str] = Counter()
        rows = _rows_of(readable, (sheet, header, limits), read, repeated)
        yield Table(
            "json" if readable[0].format in NESTED else opened.format,
            tuple(columns),
            rows,
            path,
            notes=tuple(notes),
            preface=opened.preface if len(readable) == 1 else (),
            repeated_names=repeated,
            members=read,
        )


def _rows_of(
    members: Sequence[Member],
    how: tuple[str | None, HeaderChoice, Limits],
    read: list[str],
    repeated: Counter[str],
) -> Iterator[Row | Rejection]:
    """Yield the rows of all members, and note in ``read`` which lines are whose."""
    sheet, header, limits = how
    before = 0
    for member in members:
        line = 0
        with open_table(member.path, sheet=sheet, header=header, limits=limits) as table:
            for row in table.rows:
                line = row.line
                if isinstance(row, Rejection):
                    detail = f"{member.name} 第 {line} 行：{row.detail}"
                    yield replace(row, line=before + line, detail=detail)
                else:
                    yield row._replace(line=before + line)
            repeated.update(table.repeated_names)
        read.append(f"{member.name}（第 {before + 1}–{before + line} 行）")
        before += line


def _some(names: Sequence[str]) -> str:
    more = f" 等 {len(names)} 个" if len(names) > _NAMED_FILES else ""
    return "、".join(names[:_NAMED_FILES]) + more


def read_rows(
    source: Path | BinaryIO,
    *,
    format: str | None = None,  # noqa: A002 - the user's word
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Row | Rejection]:
    """Yield the rows of a file; :func:`open_table` also tells its columns.

    Raises:
        FileUnreadable: If it is missing, a directory, empty, damaged, or too large.
    """
    with open_table(source, format=format, limits=limits) as table:
        yield from table.rows


def _open_binary_table(
    kind: str, path: Path, sheet: str | None, header: HeaderChoice, limits: Limits
) -> Table:
    if kind == "parquet":
        from feedback_nlp.tabular.parquet import read_parquet  # noqa: PLC0415 - slow to import

        columns, rows = read_parquet(path, limits)
        return Table(kind, columns, rows, path)
    book = read_workbook(path, limits, sheet=sheet, header=header)
    return Table(
        kind,
        book.columns,
        book.rows,
        path,
        book.other_sheets,
        book.notes,
        book.preface,
        book.joined_sheets,
    )


def _nested_rows(
    kind: str, stream: BinaryIO, limits: Limits, repeated: Counter[str]
) -> Iterator[Row | Rejection]:
    if kind == "xml":
        return read_xml(stream, limits)
    return (read_json if kind == "json" else read_json_lines)(stream, limits, repeated)


def _written(
    lines: Iterator[TextLine], limits: Limits
) -> tuple[str, tuple[str, ...], Iterator[Row | Rejection], tuple[str, ...], tuple[str, ...]]:
    """Tell a saved chat, a notebook and a file of forms from a plain list of feedback.

    Returns:
        Format, columns, rows, remarks and what stands above the rows.
    """
    head = list(islice(lines, _LOOK_LINES))
    lines = chain(head, lines)
    if is_chat_log(head):
        notes = ("这是存成文字的聊天记录，按消息读",)
        return "chat", CHAT_COLUMNS, read_chat_log(lines, limits), notes, preface_of_chat(head)
    if is_sign_up_list(head):
        notes = ("这是群里的接龙，每条开头是名字；名字不进正文",)
        rows = read_sign_up_list(lines)
        return "notes", LIST_COLUMNS, rows, notes, preface_of_list(head)
    if is_notebook(head):
        notes = ("每条前面写着日期和人，按意见簿读；答复没有算进来",)
        return "notes", NOTE_COLUMNS, read_notebook(lines), notes, preface_of_notes(head, None)
    if (blocks := blocks_of(head)) is not None:
        notes = (f"每条由“{blocks.first}：”等几行组成，按登记表读",)
        rows = read_blocks(lines, blocks)
        return "notes", blocks.columns, rows, notes, preface_of_notes(head, blocks)
    return "lines", ("text",), read_lines(lines, limits), (), ()


def _may_be_list(kind: str, said: str | None, header: HeaderChoice) -> bool:
    """Whether nobody said that a text file is a table or where its header is."""
    return kind == "csv" and said is None and header == FIND_HEADER


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _until_damage(rows: Iterator[Row | Rejection], stream: GzipInput) -> Iterator[Row | Rejection]:
    """End the rows of a packed file that breaks off with one rejection."""
    line = 0
    for row in rows:
        line = row.line
        yield row
    if stream.damaged:
        yield reject(line + 1, "file-damaged", f"第 {line} 行之后的压缩数据已损坏，无法继续读取")
