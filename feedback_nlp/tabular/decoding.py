"""Bytes to text lines: a ladder (BOM, UTF-8, GB18030 or Big5), decided while streaming.

No statistical detector: on short Chinese lines those guess wrong. Line ends can be found
in the bytes because none of the three uses 0x0A, ``,`` or ``"`` inside a character; UTF-16
(Google Play) and UTF-7 are recoded to UTF-8 first.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, NamedTuple, cast

from feedback_nlp.errors import FileUnreadable
from feedback_nlp.tabular.encodings import is_mojibake, is_strange, is_utf7, legacy_encoding
from feedback_nlp.tabular.rows import Limits

_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 64 * 1024
_TOO_LONG = "row-too-long"


class TextLine(NamedTuple):
    """One physical line.

    Attributes:
        number: 1-based.
        text: Decoded, with its line end. Undecodable bytes show as U+FFFD.
        fault: ``""``, or the rejection reason ``bad-encoding`` or ``row-too-long``.
    """

    number: int
    text: str
    fault: str


class TextBlock(NamedTuple):
    """Some lines that follow one another.

    Attributes:
        first: Number of the first line, from 1.
        texts: Decoded, without line ends.
        faults: What is wrong with a line, by its place in ``texts``; see :class:`TextLine`.
    """

    first: int
    texts: list[str]
    faults: dict[int, str]


class RecodedToUtf8:
    """Reads a stream in another encoding as UTF-8.

    A lone surrogate stays undecodable on purpose: the line it is on gets rejected.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        errors = "surrogatepass" if encoding.startswith("utf-16") else "replace"
        self._decoder = codecs.getincrementaldecoder(encoding)(errors=errors)

    def read(self, size: int = -1) -> bytes:
        """Return about ``size`` bytes; empty only at the end."""
        while chunk := self._stream.read(size):
            if text := self._decoder.decode(chunk):
                return text.encode("utf-8", "surrogatepass")
        return b""


@lru_cache(maxsize=1)  # each reader looks at the first block of the file again
def decide_encoding(sample: bytes) -> str:
    """Choose between UTF-8, GB18030 and Big5 for a stretch of whole lines.

    UTF-8 wins unless fewer than half of the non-ASCII lines are valid in it and more are
    valid GB18030: a few damaged lines do not make a UTF-8 file look like another one.
    """
    if _is_valid(sample, "utf-8"):
        return "utf-8"
    lines = [line for line in sample.split(b"\n") if not line.isascii()]
    utf8 = sum(_is_valid(line, "utf-8") for line in lines)
    if 2 * utf8 >= len(lines):
        return "utf-8"
    if sum(_is_valid(line, "gb18030") for line in lines) <= utf8:
        return "utf-8"
    return legacy_encoding(b"\n".join(lines))


def without_byte_order_mark(stream: BinaryIO) -> tuple[BinaryIO, str | None]:
    """Step over a byte order mark.

    Args:
        stream: Seekable, at its start.

    Returns:
        The stream to go on with (UTF-16 and UTF-7 recoded to UTF-8), and ``"utf-8"`` if the
        mark settled the encoding, else ``None``.
    """
    head = stream.read(_HEAD_BYTES)
    stream.seek(0)
    marks = 0
    while head.startswith(codecs.BOM_UTF8, 3 * marks):
        marks += 1  # some exporters write a second one
    if marks:
        stream.read(3 * marks)
        return stream, "utf-8"
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return cast(BinaryIO, RecodedToUtf8(stream, "utf-16")), "utf-8"
    if (wide := _unmarked_utf16(head)) is not None:
        return cast(BinaryIO, RecodedToUtf8(stream, wide)), "utf-8"
    if b"+" in head and is_utf7(head):
        return cast(BinaryIO, RecodedToUtf8(stream, "utf-7")), "utf-8"
    return stream, None


def _whole_characters(sample: bytes) -> bytes:
    """Return a stretch of one long line without the character that its end may have cut."""
    end = len(sample)
    while end and sample[end - 1] & 0xC0 == 0x80:
        end -= 1
    return sample[: end - 1] if end and sample[end - 1] >= 0xC0 else sample[:end]


def _unmarked_utf16(head: bytes) -> str | None:
    """Return the UTF-16 that a text without a mark is in: a line end or bracket has a NUL beside it."""
    if b"\0" not in head:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = head[: len(head) // 2 * 2].decode(encoding, "ignore")
        whole = "\n" in text or text[:1] in ("{", "[")
        if whole and "\0" not in text and "".join(text.split()).isprintable():
            return encoding
    return None


def utf8_bytes(stream: BinaryIO) -> BinaryIO:
    """Rewind a seekable stream and return it as UTF-8 without a byte order mark."""
    stream.seek(0)
    start, encoding = without_byte_order_mark(stream)
    if encoding is not None:
        return start
    sample = stream.read(_BLOCK_BYTES)
    stream.seek(0)
    whole_lines = sample[: sample.rfind(b"\n") + 1] or _whole_characters(sample)
    if whole_lines.isascii() or (found := decide_encoding(whole_lines)) == "utf-8":
        return stream
    return cast(BinaryIO, RecodedToUtf8(stream, found))


def told_encoding(stream: BinaryIO) -> str:
    """Return the name of an encoding that was guessed, blank for UTF-8 and marked files; rewinds.

    Raises:
        FileUnreadable: If the text is mojibake, however it is read.
    """
    sample = stream.read(_BLOCK_BYTES)
    stream.seek(0)
    if b"+" in sample and is_utf7(sample[:_HEAD_BYTES]):
        return "UTF-7"
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ""
    if _unmarked_utf16(sample[:_HEAD_BYTES]) is not None:
        return "UTF-16"
    whole_lines = sample[: sample.rfind(b"\n") + 1] or _whole_characters(sample)
    found = "utf-8" if whole_lines.isascii() else decide_encoding(whole_lines)
    text = whole_lines[:_HEAD_BYTES].decode(found, "ignore")
    if found == "utf-8" and is_mojibake(text.split("\n")):
        raise FileUnreadable(
            "文件里是乱码：文字在保存前就被按错的编码读过", hint="从原来的工具重新导出，选 UTF-8"
        )
    if found != "utf-8" and is_strange(text, found):
        raise FileUnreadable(
            "认不出文件的编码：不是 UTF-8，按 GB18030 或 Big5 读都是乱码",
            hint="另存为 UTF-8 后再试",
        )
    return {"gb18030": "GB18030", "cp950": "Big5"}.get(found, "")


def text_lines(stream: BinaryIO, limits: Limits) -> Iterator[TextLine]:
    """Yield the physical lines of a seekable stream at its start."""
    for first, texts, faults in text_blocks(stream, limits):
        for at, text in enumerate(texts):
            fault = faults.get(at, "") if faults else ""
            end = "" if fault == _TOO_LONG else "\n"
            yield TextLine(first + at, text + end, fault)


def text_blocks(stream: BinaryIO, limits: Limits) -> Iterator[TextBlock]:
    """Yield the lines of a seekable stream at its start, as many at once as were read at once."""
    stream, encoding = without_byte_order_mark(stream)
    first = 1
    for block, fault in _whole_line_blocks(stream, limits):
        if encoding is None and not block.isascii():
            encoding = decide_encoding(block)
        if fault:
            found = TextBlock(first, [block.decode(encoding or "utf-8", "replace")], {0: fault})
        else:
            try:
                texts = block.decode(encoding or "ascii").split("\n")[:-1]
                found = TextBlock(first, texts, {})
            except UnicodeDecodeError:
                found = _line_by_line(first, block, encoding or "utf-8")
        first += len(found.texts)
        yield found


def _line_by_line(first: int, block: bytes, encoding: str) -> TextBlock:
    lines = block.split(b"\n")[:-1]
    faults = {at: "bad-encoding" for at, line in enumerate(lines) if not _is_valid(line, encoding)}
    return TextBlock(first, [line.decode(encoding, "replace") for line in lines], faults)


def _is_valid(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _whole_line_blocks(stream: BinaryIO, limits: Limits) -> Iterator[tuple[bytes, str]]:
    """Yield blocks of whole lines, or the head of a line that is too long."""
    carry = b""
    old_mac: bool | None = None
    while True:
        block = stream.read(_BLOCK_BYTES)
        if not block:
            break
        if old_mac is None:
            old_mac = b"\n" not in block and b"\r" in block[:-1]
        if old_mac:
            block = block.replace(b"\r", b"\n")
        cut = block.rfind(b"\n") + 1
        if cut:
            yield carry + block[:cut], ""
            carry = block[cut:]
            continue
        carry += block
        if len(carry) > limits.max_record_bytes:
            yield carry[:8_000], _TOO_LONG
            carry = _skip_line(stream)
    if carry:
        yield carry if carry.endswith(b"\n") else carry + b"\n", ""


def _skip_line(stream: BinaryIO) -> bytes:
    """Drop everything up to the next line end; return what follows it in the same block."""
    while block := stream.read(_BLOCK_BYTES):
        cut = block.find(b"\n") + 1
        if cut:
            return bytes(block[cut:])
    return b""
