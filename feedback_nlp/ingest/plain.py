"""A cell as text."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any


def plain(value: Any) -> str:
    """Return a cell as stripped text; ``None`` is blank."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    match value:
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value).strip()
