"""What can still be read of a JSON list in which one record is broken: one bad row sinks no file.

The streaming parser stops at the first fault for good. Here the text is taken up again behind
it, at the next object that looks like the records before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MOST_BYTES = 64 * 1024 * 1024
_MOST_TRIES = 2_000  # places at which a record might begin again
_SHOWN_CHARS = 200
_BETWEEN = re.compile(r"\s*,?\s*(?=\{)")
_END = re.compile(r"\s*(?:,\s*)?(?:\]|\Z)")
_NEXT = re.compile(r"\}\s*,\s*(?=\{)")
_DECODER = json.JSONDecoder(parse_constant=lambda _name: None)


class Broken(NamedTuple):
    """A stretch that is no record; how it begins."""

    shown: str


def records_after(
    text: str, count: int, first: Mapping[str, Any] | None
) -> Iterator[dict[str, Any] | Broken]:
    """Yield what stands behind the first ``count`` records of a list: records and breaks.

    Nothing comes out if nothing readable follows the break.

    Args:
        text: The whole document.
        count: Records that were read before the fault.
        first: The first of them; ``None`` if there is none.
    """
    start = _start(text, first)
    if start is None:
        return
    names = set(first or ())
    tries = _MOST_TRIES
    held: list[Broken] = []
    number = 0
    position: int | None = start
    while position is not None and tries > 0:
        value, end = _record(text, position, names)
        if value is not None:
            number += 1
            names = names or set(value)
            if number > count:
                yield from held
                held.clear()
                yield value
            following = _BETWEEN.match(text, end)
            position = following.end() if following else None
            if position is None and not _END.match(text, end):
                position, tries = _taken_up(text, end - 1, names, tries)
            continue
        begin = position
        position, tries = _taken_up(text, begin, names, tries)
        end = min(position or len(text), begin + _SHOWN_CHARS)
        held.append(Broken(text[begin:end].rstrip(", \r\n")))


def _start(text: str, first: Mapping[str, Any] | None) -> int | None:
    """Return where the first record begins."""
    position = text.find("{")
    for _ in range(_MOST_TRIES):
        if position < 0 or first is None:
            break
        value, _ = _record(text, position, set())
        if value is not None and value.keys() == first.keys():
            break
        position = text.find("{", position + 1)
    return position if position >= 0 else None


def _record(text: str, position: int, names: set[str]) -> tuple[dict[str, Any] | None, int]:
    """Return the record at a place and its end, if it shares most of its names with the others."""
    try:
        value, end = _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None, position
    alike = isinstance(value, dict) and (not names or 2 * len(names & value.keys()) > len(names))
    return (value if alike else None), end


def _taken_up(text: str, position: int, names: set[str], tries: int) -> tuple[int | None, int]:
    """Return where the next record begins behind a break, and how many tries are left."""
    for match in _NEXT.finditer(text, position):
        tries -= 1
        if _record(text, match.end(), names)[0] is not None:
            return match.end(), tries
        if tries <= 0:
            break
    return None, tries
