"""Adapter of OpenCC: Traditional to Simplified by words (乾燥 → 干燥, but 乾隆 stays)."""

from __future__ import annotations

import re
from functools import cache

from opencc import OpenCC

_HAN = "".join(map(chr, [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000)]))


def to_simplified(text: str) -> str:
    """Return ``text`` in Simplified characters; the converter runs only where it has work."""
    if not _traditional().search(text):
        return text
    simplified: str = _converter().convert(text)
    return simplified


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _traditional() -> re.Pattern[str]:
    """Match one character that is written otherwise in Simplified Chinese."""
    simplified = _converter().convert("\n".join(_HAN)).split("\n")
    changed = [old for old, new in zip(_HAN, simplified, strict=True) if old != new]
    return re.compile(f"[{''.join(changed)}]")
