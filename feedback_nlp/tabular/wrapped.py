"""Takes records out of what is wrapped around them.

A crawled answer is JSON in a call of JavaScript (JSONP), a list written by hand has a comma
too many. Both are read as what they hold.
"""

from __future__ import annotations

import io
import re
from typing import BinaryIO

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.tabular.decoding import utf8_bytes

MOST_BYTES = 32 * 1024 * 1024
_HEAD_BYTES = 4_096
_CALL = re.compile(
    rb"\s*(?:/\*\*/\s*)?(?:(?:window\.|var\s+|let\s+|const\s+)?[\w$.]{1,80}\s*=\s*|[\w$.]{1,80}\s*\(\s*)(?=[\[{])"
)
_CALL_END = re.compile(rb"[\s);]*\Z")
_STRING_OR_COMMA = re.compile(rb'"(?:[^"\\]++|\\.)*+"|,(?=\s*[\]}])', re.DOTALL)


def is_call(head: bytes) -> bool:
    """Whether this begins like JSON in a call or an assignment of JavaScript."""
    return _CALL.match(head) is not None


def without_call(stream: BinaryIO) -> BinaryIO:
    """Return the JSON of a JSONP answer, or the stream itself, rewound, if it is none.

    Raises:
        FileUnreadable: If it is one and too large to be held in memory.
    """
    match = _CALL.match(utf8_bytes(stream).read(_HEAD_BYTES))
    if match is None:
        stream.seek(0)
        return stream
    data = _whole(stream)
    return io.BytesIO(_CALL_END.sub(b"", data[match.end() :]))


def without_stray_commas(stream: BinaryIO) -> BinaryIO | None:
    """Return JSON without commas before a closing bracket, ``None`` if there is none such."""
    data = utf8_bytes(stream).read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        return None
    mended = _STRING_OR_COMMA.sub(lambda match: b"" if match[0] == b"," else match[0], data)
    return io.BytesIO(mended) if len(mended) < len(data) else None


def _whole(stream: BinaryIO) -> bytes:
    data = utf8_bytes(stream).read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise FileUnreadable(
            f"脚本超过 {MOST_BYTES // 1024 // 1024} MB",
            hint="导出成 CSV、xlsx 或 JSON Lines",
        )
    return data
