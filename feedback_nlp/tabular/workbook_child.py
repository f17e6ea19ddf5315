"""Runs in its own process: parses one workbook and writes its rows as JSON lines.

Where no sheet is named, ``{"next": sheet, "start": row}`` and the rows of each later visible
sheet follow. Started by path, so it may import nothing of this package. The only file that imports
``python_calamine``. Arguments: workbook, sheet name (``""`` = first that has cells, covers aside),
address space in bytes. First output line: ``{"sheets": […], "hidden": […], "sheet": …, "start": row}``;
then one JSON array a row. On failure one line ``{"error": code, "detail": …}``.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

_LOOK_ROWS = 2_000
_MOST_SHEETS = 60


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, datetime | date | time):
        return {"time": cell.isoformat()}
    if isinstance(cell, timedelta):
        return str(cell)
    return cell


def _hidden(book: Any) -> list[str]:
    """Return the sheets that a person who opens the workbook does not see."""
    sheets = book.sheets_metadata
    return [
        sheet.name
        for sheet in sheets
        if not str(sheet.visible).endswith("Visible") or "Hidden" in str(sheet.visible)
    ]


def _table_like(book: Any) -> str:
    """Return the first sheet that has cells, or a longer table behind a cover of one column."""
    sizes = {}
    hidden = _hidden(book)
    for name in [name for name in book.sheet_names if name not in hidden] or book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        if sheet.start is not None:
            sizes[name] = (sheet.width, sheet.height)
            if sheet.width > 1:
                break
    if not sizes:
        return str(book.sheet_names[-1])
    first, last = next(iter(sizes)), next(reversed(sizes))
    is_cover = sizes[first][0] == 1 and sizes[last][0] > 1 and sizes[last][1] >= sizes[first][1]
    return str(last if is_cover else first)


def _merged(sheet: Any, first: int) -> dict[int, list[list[Any]]]:
    """Return cells that reach over several rows: by column ``[first row, last row, value]`` in order.

    The wordiest column is left out: words over three rows were said once, while the shop and the
    day over them are those of each.
    """
    ranges = [(top, end) for top, end in sheet.merged_cell_ranges or () if end[0] > top[0]]
    if not ranges:
        return {}
    left = sheet.start[1]
    chars: dict[int, list[int]] = {}
    for row in islice(sheet.iter_rows(), _LOOK_ROWS):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell.strip():
                chars.setdefault(column, []).append(len(cell))
    means = {column: sum(sizes) / len(sizes) for column, sizes in chars.items()}
    wordiest = max(means, key=means.__getitem__, default=None)
    merged: dict[int, list[list[Any]]] = {}
    for (top, column), (bottom, _) in sorted(ranges):
        if column - left != wordiest and bottom >= first:
            merged.setdefault(column - left, []).append([top, bottom, None])
    return {column: spans[::-1] for column, spans in merged.items()}


def _fill(cells: list[Any], number: int, merged: dict[int, list[list[Any]]]) -> None:
    """Write the value of a merged cell into the rows below its first; rows come in order."""
    for column, spans in merged.items():
        while spans and spans[-1][1] < number:
            spans.pop()
        if not spans or number < spans[-1][0] or column >= len(cells):
            continue
        if number == spans[-1][0]:
            spans[-1][2] = cells[column]
        elif cells[column] in (None, "") and any(cell not in (None, "") for cell in cells):
            cells[column] = spans[-1][2]


def _write_rows(out: Any, sheet: Any, start: int) -> None:
    merged = _merged(sheet, start - 1)
    for number, row in enumerate(sheet.iter_rows(), start - 1):
        cells = [_plain(cell) for cell in row]
        if merged:
            _fill(cells, number, merged)
        out.write(json.dumps(cells) + "\n")


def main(path: str, sheet_name: str, memory_bytes: int) -> int:
    """Parse the workbook at ``path``; return the exit code."""
    try:
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    except (ImportError, ValueError, OSError):
        pass
    from python_calamine import CalamineError, load_workbook  # noqa: PLC0415

    out = sys.stdout
    try:
        book = load_workbook(path)
        names = book.sheet_names
        if sheet_name and sheet_name not in names:
            out.write(json.dumps({"error": "no-such-sheet", "detail": names}) + "\n")
            return 1
        name = sheet_name or _table_like(book)
        sheet = book.get_sheet_by_name(name)
        start = sheet.start[0] + 1 if sheet.start else 1
        hidden = _hidden(book)
        told = {"sheets": names, "hidden": hidden, "sheet": name, "start": start}
        out.write(json.dumps(told) + "\n")
        _write_rows(out, sheet, start)
        later = [] if sheet_name else [n for n in names[names.index(name) + 1 :] if n not in hidden]
        for other in later[:_MOST_SHEETS]:
            sheet = book.get_sheet_by_name(other)
            if sheet.start is None:
                continue
            start = sheet.start[0] + 1
            out.write(json.dumps({"next": other, "start": start}) + "\n")
            _write_rows(out, sheet, start)
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        out.write(json.dumps({"error": "damaged", "detail": str(error)[:200]}) + "\n")
        return 1
    except MemoryError:
        out.write(json.dumps({"error": "memory", "detail": ""}) + "\n")
        return 1
    out.write(json.dumps({"end": True}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
