"""Rows that could not be read, in a file of their own."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from feedback_nlp.errors import InputError
from feedback_nlp.files import replaced
from feedback_nlp.records import Rejection
from feedback_nlp.tabular import output_format
from feedback_nlp.tabular.cells import encodable

COLUMNS = ("file", "line", "reason", "detail", "raw")


class RejectFile:
    """Takes rejections as they come."""

    def __init__(self, file: BinaryIO, kind: str) -> None:
        self._file = file
        self._kind = kind
        if kind != "jsonl":
            self._write_cells(COLUMNS, mark="\ufeff")

    def add(self, name: str, rejection: Rejection) -> None:
        """Append one row."""
        cells = (name, rejection.line, rejection.reason, rejection.detail, rejection.raw)
        if self._kind == "jsonl":
            record = dict(zip(COLUMNS, cells, strict=True))
            text = encodable(json.dumps(record, ensure_ascii=False))
            self._file.write(f"{text}\n".encode())
        else:
            self._write_cells([encodable(str(cell)) for cell in cells])

    def _write_cells(self, cells: tuple[str, ...] | list[str], mark: str = "") -> None:
        text = io.StringIO(newline="")
        delimiter = "\t" if self._kind == "tsv" else ","
        csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
        self._file.write((mark + text.getvalue()).encode())


@contextmanager
def open_rejects(path: Path | None) -> Iterator[RejectFile | None]:
    """Open the side file, ``None`` if none is wanted; it is written aside and renamed.

    Raises:
        InputError: If the suffix is neither JSON lines nor CSV, or the folder is missing.
    """
    if path is None:
        yield None
        return
    kind = output_format(path)
    if kind not in ("jsonl", "csv", "tsv") or str(path) == "-":
        raise InputError(f"拒收的行不能写成 {path.name}", hint="后缀用 .jsonl、.csv 或 .tsv")
    with replaced(path) as file:
        yield RejectFile(file, kind)
