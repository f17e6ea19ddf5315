"""Cells of the workbook: formats, values by their types, tables with a frozen heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.tabular.cells import is_formula

_MAX_CELL_CHARS = 32_767


@dataclass
class Rows:
    """Neighbouring rows of a sheet.

    Attributes:
        first, last: Counted as xlsxwriter counts, from 0.
    """

    sheet: str
    first: int
    last: int

    @property
    def target(self) -> str:
        """What a link to them is."""
        return f"internal:'{self.sheet}'!A{self.first + 1}:O{self.last + 1}"


def extended(blocks: dict[Any, Rows], key: Any, sheet: str, row: int) -> None:
    """Let the rows of ``key`` reach to ``row``."""
    if key in blocks:
        blocks[key].last = row
    else:
        blocks[key] = Rows(sheet, row, row)


class Writer:
    """Cell formats, tables with a frozen, filterable heading, sheets that print well."""

    def __init__(self, book: Any, zone: ZoneInfo) -> None:
        base = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
        self.book = book
        self.zone = zone
        self.text = book.add_format(base)
        self.wrapped = book.add_format({**base, "text_wrap": True})
        self.guarded = book.add_format({**base, "text_wrap": True, "quote_prefix": True})
        self.heading = book.add_format(
            {**base, "bold": True, "bg_color": "#F3E4DB", "bottom": 1, "text_wrap": True}
        )
        self.title = book.add_format({**base, "bold": True, "font_size": 16})
        self.section = book.add_format({**base, "bold": True, "font_size": 12})
        self.time = book.add_format({**base, "num_format": "yyyy-mm-dd hh:mm"})
        self.share = book.add_format({**base, "num_format": "0%"})
        self.link = book.add_format({**base, "font_color": "#B4451F", "underline": 1})

    def table(self, name: str, columns: Sequence[tuple[str, int]]) -> Any:
        """Add a sheet with its heading row; columns are (heading, width in characters)."""
        sheet = self.printable(self.book.add_worksheet(name))
        sheet.repeat_rows(0)
        for index, (heading, width) in enumerate(columns):
            sheet.set_column(index, index, width)
            sheet.write_string(0, index, heading, self.heading)
        sheet.freeze_panes(1, 0)
        return sheet

    def printable(self, sheet: Any) -> Any:
        """Let a sheet print on A4, across, as wide as one page; return it."""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer("&L&A&R第 &P / &N 页")
        return sheet

    def linked(self, sheet: Any, row: int, column: int, value: float, rows: Rows | None) -> None:
        """Write a number that leads to the rows it counts; plain where there are none."""
        if rows is None or not value:
            self.cell(sheet, row, column, value)
            return
        sheet.write_url(row, column, rows.target, self.link)
        sheet.write_number(row, column, value, self.link)

    def row(self, sheet: Any, row: int, values: Sequence[Any]) -> None:
        """Write one row by the types of its values."""
        for index, value in enumerate(values):
            self.cell(sheet, row, index, value)

    def cell(self, sheet: Any, row: int, column: int, value: Any) -> None:
        """Write one value: text as text, numbers as numbers, times in the zone."""
        if value is None:
            return
        if isinstance(value, datetime):
            local = value.astimezone(self.zone).replace(tzinfo=None)
            sheet.write_datetime(row, column, local, self.time)
        elif isinstance(value, bool):
            sheet.write_string(row, column, "是" if value else "", self.text)
        elif isinstance(value, (int, float)):
            sheet.write_number(row, column, value, self.text)
        else:
            text = str(value)
            if len(text) > _MAX_CELL_CHARS:
                text = text[: _MAX_CELL_CHARS - 1] + "…"
            style = self.wrapped if len(text) > 24 else self.text
            if is_formula(text):  # stays a text also when somebody edits or re-saves it
                style = self.guarded
            sheet.write_string(row, column, text, style)
