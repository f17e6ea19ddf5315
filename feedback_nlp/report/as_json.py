"""The digest as JSON: every field of the records, nothing left out, keys stable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from feedback_nlp.week.records import SCHEMA_VERSION, WeeklyDigest


def to_payload(digest: WeeklyDigest) -> dict[str, Any]:
    """Return JSON-serialisable values; each count is ``{value, of, where}``."""
    payload = _plain(digest)
    assert isinstance(payload, dict)
    return {"schema": "feedback-nlp/weekly-digest", "schema_version": SCHEMA_VERSION, **payload}


def render_json(digest: WeeklyDigest) -> str:
    """Return the JSON text; the same rows give the same bytes."""
    return json.dumps(to_payload(digest), ensure_ascii=False, indent=1) + "\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value
