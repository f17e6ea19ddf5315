"""Nested records to flat ones: ``{"a": {"b": 1}}`` becomes ``{"a.b": 1}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAX_DEPTH = 8
_MAX_MEMBERS = 5


def flatten(record: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten objects, and the first few objects of lists; lists of plain values stay."""
    flat: dict[str, Any] = {}
    _flatten_into(flat, record, "", 0)
    return flat


def _flatten_into(flat: dict[str, Any], record: Mapping[str, Any], prefix: str, depth: int) -> None:
    for name, value in record.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value and depth < _MAX_DEPTH:
            _flatten_into(flat, value, f"{key}.", depth + 1)
        elif isinstance(value, list) and any(isinstance(member, dict) for member in value):
            members = {str(index): member for index, member in enumerate(value[:_MAX_MEMBERS])}
            if depth < _MAX_DEPTH:
                _flatten_into(flat, members, f"{key}.", depth + 1)
        else:
            flat[key] = value
