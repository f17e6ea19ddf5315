"""JSON objects in which a name stands twice: neither value is lost.

JSON allows it and parsers keep the last value without a word. Here the first keeps the name and a
further one gets ``__2``, ``__3`` … as a repeated header does, and the reader counts them, so that
whoever reads the file can say so.

Source: RFC 8259, section 4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any


def objects_counting(repeated: Counter[str]) -> type[dict[str, Any]]:
    """Return the type of objects that count in ``repeated`` which names they were given twice."""

    class Object(dict[str, Any]):
        def __setitem__(self, name: str, value: Any) -> None:
            if name in self:
                repeated[name] += 1
                name = _free(name, self)
            dict.__setitem__(self, name, value)

    return Object


def pairs_counting(
    repeated: Counter[str],
) -> Callable[[Sequence[tuple[str, Any]]], dict[str, Any]]:
    """Return the same as a hook for ``json``: it makes an object of names and values."""

    def made(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        whole = objects_counting(repeated)()
        for name, value in pairs:
            whole[name] = value
        return dict(whole)

    return made


def told(repeated: Counter[str]) -> tuple[str, ...]:
    """Return the Chinese remarks for names that stood twice; none if none did."""
    return tuple(
        f"有 {count} 处同一个对象里写了两个“{name}”：第一个当作“{name}”，后面的记作“{name}__2”"
        for name, count in sorted(repeated.items())
    )


def _free(name: str, taken: dict[str, Any]) -> str:
    number = 2
    while f"{name}__{number}" in taken:
        number += 1
    return f"{name}__{number}"
