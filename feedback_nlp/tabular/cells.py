"""How values look in a cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any


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
