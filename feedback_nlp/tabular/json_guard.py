"""Stops a JSON document that is built to exhaust memory: too deep, or one endless string.

The parser keeps a path a level, so that 50,000 levels cost gigabytes. The bytes are
looked at before the parser sees them, block by block.
"""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO

from feedback_nlp.errors import FileUnreadable

MAX_DEPTH = 64
_MAX_STRING_BYTES = 16 * 1024 * 1024
_CONSTANT_LETTERS = b"-NaInfity"
_STRING_OR_CONSTANT = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|-?\b(?:NaN|Infinity)\b', re.DOTALL)
# Characters beyond U+FFFF are escaped in pairs. A half (an emoji cut off) is the first group;
# other escapes are matched to be passed over: after \\ the letter u begins none.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\[^u]",
    re.DOTALL,
)
_CUT_PAIR = re.compile(
    rb"(?<!\\)(?:\\\\)*\\(?:u(?:[dD](?:[89abAB](?:[0-9a-fA-F](?:[0-9a-fA-F]"
    rb"(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?)?)?)?)?)?\Z"
)
_LONGEST_TOKEN, _TAIL = 12, 64
BLOCK_BYTES = 1024 * 1024
"""How much the parser is given at once: a text that goes on is read again with each block."""
_QUOTE, _OPEN = ord('"'), b"[{"
_OTHERS = bytes(byte for byte in range(256) if byte not in b'"[]{}')


class GuardedJson:
    """A binary stream of JSON that refuses to go on where the nesting gets too deep.

    What the parser would take for something else without a word is made plain: NaN is null,
    and half a character is NUL, which no text may hold.

    Attributes:
        is_damaged: Whether bytes that are no UTF-8 were replaced by U+FFFD.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._depth = 0
        self._in_string = False
        self._string_bytes = 0
        self._held = b""
        self._cut = b""
        self.is_damaged = False
        self._bytes_left: int | None = None

    def limit_bytes(self, most: int) -> None:
        """Refuse to read more than this: what follows is held in memory as a whole."""
        self._bytes_left = most

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes.

        Raises:
            FileUnreadable: If the document is nested too deeply or a string does not end.
        """
        while block := self._stream.read(size):
            if self._bytes_left is not None:
                self._bytes_left -= len(block)
                if self._bytes_left < 0:
                    raise FileUnreadable(
                        "JSON 里没有记录的列表，整个文件是一个对象，太大读不了",
                        hint="导出成列表（[{…}, {…}]）或 JSON Lines",
                    )
            if whole := self._decodable(self._to_token_end(block)):
                if b"NaN" in whole or b"Infinity" in whole:
                    whole = self._without_constants(whole)
                if _SURROGATE.search(whole):
                    whole = _ESCAPES.sub(lambda match: rb"\u0000" if match[1] else match[0], whole)
                self._look(whole)
                return whole
        return self._decodable(b"")

    def _to_token_end(self, block: bytes) -> bytes:
        """Read on while a block might end within NaN, Infinity or a pair of escapes."""
        for is_cut in (_may_be_constant, _may_be_pair):
            for _ in range(_LONGEST_TOKEN):
                if not is_cut(block):
                    break
                block += self._stream.read(1)
        return block

    def _without_constants(self, block: bytes) -> bytes:
        """Put null where Python and JavaScript write what JSON does not know: NaN, Infinity."""
        lead = b'"' + self._held if self._in_string else b""
        return _STRING_OR_CONSTANT.sub(
            lambda match: match[0] if match[0].startswith(b'"') else b"null", lead + block
        )[len(lead) :]

    def _decodable(self, block: bytes) -> bytes:
        """Put U+FFFD where bytes are not UTF-8, so that they cost their record only."""
        if block.isascii() and not self._cut:
            return block
        data, final = self._cut + block, not block
        try:
            _, used = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError:
            self.is_damaged = True
            text, used = codecs.utf_8_decode(data, "replace", final)
            self._cut = data[used:]
            return text.encode()
        self._cut = data[used:]
        return data[:used]

    def _look(self, block: bytes) -> None:
        import numpy as np  # noqa: PLC0415 - a CSV needs no numpy

        held = self._held + block
        cut = len(held) - (len(held) - len(held.rstrip(b"\\"))) % 2
        held, self._held = held[:cut], held[cut:]
        plain = held.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in held else held
        signs = plain.translate(None, _OTHERS)
        if not signs:
            self._count_string(len(block), goes_on=self._in_string)
            return
        codes = np.frombuffer(signs, dtype=np.uint8)
        quotes = codes == _QUOTE
        inside = (np.cumsum(quotes) + self._in_string) % 2 == 1
        steps = np.where((codes == _OPEN[0]) | (codes == _OPEN[1]), 1, -1)
        steps[quotes | inside] = 0
        depths = self._depth + np.cumsum(steps)
        if int(depths.max()) > MAX_DEPTH:
            raise FileUnreadable(
                f"JSON 嵌套超过 {MAX_DEPTH} 层，不像反馈数据", hint="只导出需要的字段，或改用 CSV"
            )
        self._depth = int(depths[-1])
        was_inside, self._in_string = self._in_string, bool(inside[-1])
        self._count_string(len(block), goes_on=was_inside and not quotes.any())

    def _count_string(self, size: int, *, goes_on: bool) -> None:
        self._string_bytes = self._string_bytes + size if goes_on else 0
        if self._string_bytes > _MAX_STRING_BYTES:
            limit = _MAX_STRING_BYTES // 1024**2
            raise FileUnreadable(f"JSON 里有一段文字超过 {limit} MB", hint="检查文件是否完整")


def _may_be_constant(block: bytes) -> bool:
    return block[-1] in _CONSTANT_LETTERS


def _may_be_pair(block: bytes) -> bool:
    return _CUT_PAIR.search(block[-_TAIL:]) is not None


def is_too_deep(text: str) -> bool:
    """Whether one JSON record is nested deeper than is read."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    try:
        GuardedJson(io.BytesIO(text.encode("utf-8", "replace"))).read()
    except FileUnreadable:
        return True
    return False
