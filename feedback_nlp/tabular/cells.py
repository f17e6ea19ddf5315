"""How values look in a cell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any

# What a spreadsheet may pass over before it meets a formula: blanks, quotes, separators of
# other locales, marks of byte order and other characters that nobody sees.
_PASSED_OVER = "\\s\"'“”‘’;,|\x00-\x1f\u200b-\u200f\u2060\ufeff"
_FORMULA = re.compile(rf"[{_PASSED_OVER}]*[=+\-@＝＋－＠﹢﹣﹦﹫]")
_STARTS_BLANK = ("\t", "\r", "\n")
# A cell is cut at ; where that separates columns, and the rest is then a cell of its own.
_CUT = re.compile(r"([;\t])(?=[\s\"']*[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?%?")


class ColumnType(StrEnum):
    """How a column is written where the format has types."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    TIME = "time"
    NESTED = "nested"


def json_line(row: Mapping[str, Any], zone: tzinfo) -> str:
    """Return one record as a line of JSON; times in ISO 8601, lone surrogates escaped."""
    text = json.dumps(row, ensure_ascii=False, default=lambda value: cell_text(value, zone))
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(row, default=lambda value: cell_text(value, zone))
    return text


def cell_text(value: Any, zone: tzinfo) -> str:
    """Return a value as people read it in a cell."""
    match value:
        case None:
            return ""
        case str():
            return str(value)
        case bool():
            return "true" if value else "false"
        case datetime() if value.tzinfo is not None:
            return value.astimezone(zone).isoformat(sep=" ", timespec="seconds")
        case datetime() | date():
            return value.isoformat()
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=lambda v: cell_text(v, zone))
        case _:
            return str(value)


def encodable(text: str) -> str:
    """Replace lone surrogates, which no file format can hold."""
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet may run a text; a plain number is none."""
    if _NUMBER.fullmatch(text):
        return False
    return text.startswith(_STARTS_BLANK) or _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """Return a text that no spreadsheet runs: ``'`` before what looks like a formula.

    Source: OWASP ASVS 5.0, 1.2.10.
    """
    text = _CUT.sub(r"\1'", text)
    return f"'{text}" if is_formula(text) else text
