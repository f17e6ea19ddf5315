"""What a dump of a database says: JSON on SQLite writes letters as codes, ``\\u738b`` for 王."""

from __future__ import annotations

import re

_CODE = re.compile(r"\\u([0-9a-f]{4})")


def in_letters(dump: str) -> str:
    """Return a dump with letters for codes: without it no Chinese name is ever found."""
    return _CODE.sub(lambda code: chr(int(code[1], 16)), dump)
