"""Excel workbooks in, parsed by a child process that cannot take the machine down.

The archive is weighed before parsing (number of parts, and bytes counted while unpacking,
because declared sizes may lie); the parser then runs under a memory and a time limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.records import Rejection
from feedback_nlp.tabular.headers import (
    FIND_HEADER,
    LOOK_ROWS,
    Header,
    HeaderChoice,
    find_header,
    numbered_header,
)
from feedback_nlp.tabular.rows import Limits, Row, reject, told_above, unique_columns

_CHILD = Path(__file__).with_name("workbook_child.py")
_RATIO_FROM_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 1 << 20
WORKBOOK_PARTS = frozenset(
    ["[Content_Types].xml", "mimetype", "xl/workbook.xml", "xl/workbook.bin"]
)


def weigh_archive(path: Path, limits: Limits, *, is_workbook: bool = True) -> None:
    """Refuse a zip archive that unpacks to more than the limits allow.

    Raises:
        FileUnreadable: If it is too large, or no readable archive.
    """
    allowed = limits.max_workbook_bytes
    packed = max(path.stat().st_size, 1)
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > limits.max_workbook_entries:
                raise _too_large(f"里面有 {len(entries):,} 个部件")
            if sum(entry.file_size for entry in entries) > allowed:
                raise _too_large(f"解开后超过 {allowed // 1024**2} MB")
            for entry in entries:
                with archive.open(entry) as part:
                    while chunk := part.read(_CHUNK_BYTES):
                        total += len(chunk)
                        if total > allowed:
                            raise _too_large(f"解开后超过 {allowed // 1024**2} MB")
                        if total > max(_RATIO_FROM_BYTES, packed * limits.max_workbook_ratio):
                            raise _too_large(f"解开后是原来的 {limits.max_workbook_ratio} 倍以上")
            if is_workbook and not any(entry.filename in WORKBOOK_PARTS for entry in entries):
                raise FileUnreadable(
                    f"{path.name} 是压缩包，不是表格", hint="解压后再导入里面的文件"
                )
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        if not is_workbook:
            raise FileUnreadable(
                f"{path.name} 不是完整的压缩包，或加了密码", hint="解压后再导入里面的文件"
            ) from error
        raise FileUnreadable(
            f"{path.name} 不是完整的 Excel 文件", hint="用表格软件打开，不加密另存后再试"
        ) from error


def _too_large(what: str) -> FileUnreadable:
    return FileUnreadable(f"Excel 文件{what}，拒绝打开", hint="拆成多个文件，或另存为 CSV")


Lines = Iterator[tuple[int, Any]]
"""What the parser says, with the row in the sheet: cells, or of which sheet the next ones are."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """An open workbook: names, rows, the other sheets, remarks on the header, titles above it.

    Sheets with the same header follow the first one; ``joined_sheets`` grows as they are reached.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row | Rejection]
    other_sheets: tuple[str, ...]
    notes: tuple[str, ...]
    preface: tuple[str, ...]
    joined_sheets: list[str]


def read_workbook(
    path: Path, limits: Limits, *, sheet: str | None = None, header: HeaderChoice = FIND_HEADER
) -> Workbook:
    """Open a sheet of a workbook, and those with the same header unless one is named.

    Raises:
        FileUnreadable: If the workbook is damaged, too large, empty, or lacks the sheet.
    """
    if zipfile.is_zipfile(path):
        weigh_archive(path, limits)
    elif path.stat().st_size > limits.max_workbook_bytes:
        raise _too_large(f"超过 {limits.max_workbook_bytes // 1024**2} MB")
    output = _parsed(path, limits, sheet or "")
    info = next(output)
    head, behind = _head(output, info["start"])
    numbered = [(line, cells) for line, cells in head if any(map(_filled, cells))]
    if not numbered:
        raise FileUnreadable(f"工作表 {info['sheet']} 是空的", hint="第一行应是表头")
    found = _chosen(numbered, header)
    columns = unique_columns(found.names, limits)
    others = tuple(name for name in info["sheets"] if name != info["sheet"])
    hidden = [name for name in info["hidden"] if name != info["sheet"]]
    notes = (f"隐藏的工作表没有读：{'、'.join(hidden)}",) if hidden and not sheet else ()
    preface = told_above(cell for _, cells in numbered[: found.first] for cell in cells)
    joined: list[str] = []
    below = chain(numbered[found.first + found.rows :], behind)
    rows = _sheets(below, columns, limits, joined)
    return Workbook(
        tuple(filter(None, columns)),
        rows,
        tuple(name for name in others if name not in info["hidden"]),
        (*found.notes, *notes),
        (info["sheet"], *preface),
        joined,
    )


def _head(output: Iterator[Any], start: int) -> tuple[list[tuple[int, list[Any]]], Lines]:
    """Return the first rows of a sheet, and all that follows them."""
    head: list[tuple[int, list[Any]]] = []
    for line, cells in enumerate(output, start):
        if isinstance(cells, dict):
            return head, chain([(line, cells)], enumerate(output))
        head.append((line, [_native(cell) for cell in cells]))
        if len(head) >= LOOK_ROWS:
            break
    return head, enumerate(output, start + len(head))


def _sheets(
    lines: Lines, columns: list[str], limits: Limits, joined: list[str]
) -> Iterator[Row | Rejection]:
    """Yield the rows of the first sheet and of those after it with the same header."""
    following = yield from _rows(lines, columns, limits)
    while following is not None:
        name, start = following["next"], following["start"]
        try:
            head, behind = _head((cells for _, cells in lines), start)
            own, below = _same_header(
                [pair for pair in head if any(map(_filled, pair[1]))], columns
            )
            if own is None:
                following = next((cells for _, cells in behind if isinstance(cells, dict)), None)
                continue
        except FileUnreadable as error:
            yield reject(start, "file-damaged", f"工作表 {name} 无法读取：{error.message}")
            return
        joined.append(name)
        following = yield from _rows(chain(below, behind), own, limits)


def _same_header(
    head: list[tuple[int, list[Any]]], columns: Sequence[str]
) -> tuple[list[str] | None, list[tuple[int, list[Any]]]]:
    """Return the columns of a sheet and the rows below its header, ``None`` if it is another table."""
    wanted = set(filter(None, columns))
    for at, (_, cells) in enumerate(head):
        names = ["" if cell is None else str(cell).strip() for cell in cells]
        if len(wanted) > 1 and wanted <= set(names):
            own = [name if names.index(name) == n else "" for n, name in enumerate(names)]
            return own, head[at + 1 :]
    try:  # over two rows
        found = find_header([cells for _, cells in head])
    except FileUnreadable:
        return None, []
    if len(wanted) > 1 and wanted <= set(found.names):
        return list(found.names), head[found.first + found.rows :]
    return None, []


def _chosen(numbered: Sequence[tuple[int, list[Any]]], choice: HeaderChoice) -> Header:
    rows = [cells for _, cells in numbered]
    if choice.absent:
        return numbered_header(rows)
    if choice.row is None:
        return find_header(rows)
    lines = [line for line, _ in numbered]
    if choice.row not in lines:
        raise FileUnreadable(
            f"第 {choice.row} 行没有表头",
            reason="header-row-blank",
            first=lines[0],
            last=lines[-1],
        )
    at = lines.index(choice.row)
    return Header(at, 1, tuple("" if cell is None else str(cell) for cell in rows[at]))


def _rows(
    numbered: Iterator[tuple[int, Any]], columns: list[str], limits: Limits
) -> Generator[Row | Rejection, None, dict[str, Any] | None]:
    """Yield the rows of a sheet; return what the parser says of the next one, if there is one."""
    line = 0
    try:
        for line, cells in numbered:
            if isinstance(cells, dict):
                return cells
            if not any(_filled(cell) for cell in cells):
                continue
            values = [_native(cell) for cell in cells]
            row = {name: cell for name, cell in zip(columns, values, strict=False) if name}
            longest = max((len(cell) for cell in cells if isinstance(cell, str)), default=0)
            if longest > limits.max_cell_chars:
                yield reject(line, "cell-too-long", f"有一格长达 {longest:,} 个字符")
            elif [str(value or "").strip() for value in values] == columns:
                yield reject(line, "header-repeated", "又一行表头，不是反馈")
            else:
                yield Row(line, row)
    except FileUnreadable as error:
        yield reject(line + 1, "file-damaged", f"第 {line} 行之后无法继续读取：{error.message}")
    return None


def _filled(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _native(cell: Any) -> Any:
    if isinstance(cell, dict):
        text = cell["time"]
        try:
            return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
        except ValueError:
            return text
    return cell


def _parsed(path: Path, limits: Limits, sheet: str) -> Iterator[Any]:
    """Yield the child's output lines, parsed; turn its failures into our errors."""
    command = [sys.executable, "-P", str(_CHILD), str(path), sheet]
    command.append(str(limits.workbook_memory_bytes))
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    late = threading.Event()

    def stop() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(limits.workbook_seconds, stop)
    timer.daemon = True
    timer.start()
    finished = False
    try:
        assert child.stdout is not None
        for line in child.stdout:
            value = json.loads(line)
            if isinstance(value, dict) and "error" in value:
                raise _failure(path, value)
            if isinstance(value, dict) and "end" in value:
                finished = True
                return
            yield value
        if late.is_set():
            raise _too_large(f"在 {limits.workbook_seconds:.0f} 秒内没有读完")
        if not finished:
            raise _failure(path, {"error": "memory"})
    except ValueError as error:
        raise _failure(path, {"error": "damaged"}) from error
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _failure(path: Path, output: dict[str, Any]) -> FileUnreadable:
    match output["error"]:
        case "no-such-sheet":
            names = "、".join(output["detail"])
            return FileUnreadable("没有这个工作表", hint=f"可用的工作表：{names}")
        case "memory":
            return _too_large("占用的内存超过上限")
        case _:
            return FileUnreadable(
                f"{path.name} 不是完整的 Excel 文件", hint="用表格软件打开，不加密另存后再试"
            )
