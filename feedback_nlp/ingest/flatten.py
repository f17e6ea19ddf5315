"""Nested records to flat ones: ``{"a": {"b": 1}}`` becomes ``{"a.b": 1}``.

What only wraps a value is taken off: typed values of MongoDB (``{"$date": …}``), the envelope
of Elasticsearch (``_source``), the segments of a rich text (飞书).

Source: MongoDB Extended JSON v2; Elasticsearch search response; 飞书 多维表格 record format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CONTAINERS = (dict, list)
_MAX_DEPTH = 8
_MAX_MEMBERS = 5


def flatten(record: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten objects, and the first few objects of lists; lists of plain values stay."""
    flat: dict[str, Any] = {}
    _flatten_into(flat, _without_envelope(record), "", 0)
    return flat


def _without_envelope(record: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = record.get("_source")
    if isinstance(inner, dict) and "_index" in record:
        return {"_id": record.get("_id"), **inner}
    return record


def _flatten_into(flat: dict[str, Any], record: Mapping[str, Any], prefix: str, depth: int) -> None:
    for name, wrapped in record.items():
        key = f"{prefix}{name}" if prefix else name
        if not isinstance(wrapped, _CONTAINERS):
            flat[key] = wrapped
            continue
        value = _unwrapped(wrapped)
        if isinstance(value, dict) and value and depth < _MAX_DEPTH:
            _flatten_into(flat, value, f"{key}.", depth + 1)
        elif isinstance(value, list) and any(isinstance(member, dict) for member in value):
            members = {str(index): member for index, member in enumerate(value[:_MAX_MEMBERS])}
            if depth < _MAX_DEPTH:
                _flatten_into(flat, members, f"{key}.", depth + 1)
        else:
            flat[key] = value


def _unwrapped(value: Any) -> Any:
    """Return the value inside ``{"$date": …}``, or the text of ``[{"type": "text", "text": …}]``."""
    while isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith("$"):
        value = next(iter(value.values()))
    if (
        isinstance(value, list)
        and value
        and all(
            isinstance(part, str)
            or (isinstance(part, dict) and isinstance(part.get("text"), str) and "type" in part)
            for part in value
        )
        and not all(isinstance(part, str) for part in value)
    ):
        return "".join(part if isinstance(part, str) else part["text"] for part in value)
    return value
