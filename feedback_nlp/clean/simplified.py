"""Traditional to Simplified by words, only where there is something to convert."""

from __future__ import annotations

import re
from functools import cache

from feedback_nlp.chinese import simplified_words
from feedback_nlp.chinese.fold import fold_table

_HAN = "".join(map(chr, [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000)]))


def to_simplified(text: str) -> str:
    """Return ``text`` in Simplified characters; the converter runs only where it has work."""
    return simplified_words(text) if _traditional().search(text) else text


@cache
def _traditional() -> re.Pattern[str]:
    """Match one character that is written otherwise in Simplified Chinese."""
    changed = [
        sign for sign, new in zip(_HAN, _HAN.translate(fold_table()), strict=True) if sign != new
    ]
    return re.compile(f"[{''.join(changed)}]")
