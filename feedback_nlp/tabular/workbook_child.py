"""Runs in its own process: parses one workbook and writes its rows as JSON lines.

Started by path, so it may import nothing of this package. The only file that imports
``python_calamine``. Arguments: workbook, sheet name (``""`` = first that has cells, covers aside),
address space in bytes. First output line: ``{"sheets": […], "sheet": …, "start": row}``;
then one JSON array a row. On failure one line ``{"error": code, "detail": …}``.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from typing import Any


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, datetime | date | time):
        return {"time": cell.isoformat()}
    if isinstance(cell, timedelta):
        return str(cell)
    return cell


def _table_like(book: Any) -> str:
    """Return the first sheet that has cells, or a longer table behind a cover of one column."""
    sizes = {}
    for name in book.sheet_names:
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
        out.write(json.dumps({"sheets": names, "sheet": name, "start": start}) + "\n")
        for row in sheet.iter_rows():
            out.write(json.dumps([_plain(cell) for cell in row]) + "\n")
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
