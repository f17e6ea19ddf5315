"""Lines to messages that are small enough, cut at line ends, and inside a line between characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence

Size = Callable[[str], int]

_JOINER = "\u200d"


def utf8_size(text: str) -> int:
    """Return the bytes of ``text`` in UTF-8."""
    return len(text.encode())


def pack(
    lines: Sequence[str], limit: int, *, separator: str = "\n", size: Size = utf8_size
) -> list[str]:
    """Return the lines joined to as few texts as go below a limit.

    Args:
        lines: In order.
        limit: Largest size of a text.
        separator: Between two lines.
        size: Of a text; adds up over its pieces.
    """
    texts: list[str] = []
    room = 0
    for piece in (piece for line in lines for piece in _pieces(line, limit, size)):
        needed = size(separator + piece)
        if texts and needed <= room:
            texts[-1] += separator + piece
            room -= needed
        else:
            texts.append(piece)
            room = limit - size(piece)
    return texts


def cut(text: str, limit: int, size: Size = utf8_size) -> str:
    """Return the longest beginning of ``text`` within a limit that splits no character."""
    return next(_pieces(text, limit, size), "")


def _pieces(line: str, limit: int, size: Size) -> Iterator[str]:
    """Yield a line in pieces within the limit; a character stays with the marks it carries."""
    piece, used = "", 0
    for character in _characters(line):
        needed = size(character)
        if piece and used + needed > limit:
            yield piece
            piece, used = "", 0
        piece += character
        used += needed
    if piece or not line:
        yield piece


def _characters(line: str) -> Iterator[str]:
    """Yield characters with their combining marks, joiners and variation selectors."""
    held = ""
    for character in line:
        is_mark = unicodedata.combining(character) or unicodedata.category(character) in {
            "Mn",
            "Me",
            "Cf",
            "Sk",
        }
        if held and not is_mark and not held.endswith(_JOINER):
            yield held
            held = ""
        held += character
    if held:
        yield held
