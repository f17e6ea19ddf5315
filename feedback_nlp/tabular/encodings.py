"""Which legacy encoding a stretch of bytes is in: GB18030, Big5 or UTF-7.

Nearly every pair of bytes is a character of GB18030, of Big5 too, so that being valid says
little. Both standards put their common characters first: text read in the right encoding
consists of those, text read in the wrong one does not.

Source: GB/T 2312-1980, level 1 is rows 16-55; Big5 level 1 is 0xA440-0xC67E; RFC 2152.
"""

from __future__ import annotations

import re

_SAMPLE_BYTES = 200_000
_LEAST_HANGUL = 16
_TOLD_LINES = 50  # of one file: who decoded one wrongly decoded all
_MARGIN = 0.15
_MIN_COMMON_SHARE = 0.9
_MISTAKEN = ("latin-1", "cp1252", "gb18030")
_LEAST_LINES, _LEAST_WIDE, _LEAST_COMMON, _LEAST_SPELT = 2, 8, 0.6, 0.7
_SHIFTED = re.compile(rb"\+([A-Za-z0-9/]{3,}[A-Za-z0-9+/]*)-?")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_OTHER_WIDE = re.compile(r"[\u2000-\u206f\u3000-\u303f\uff00-\uffef]")


def legacy_encoding(sample: bytes) -> str:
    """Choose between GB18030 and Big5 for bytes that are not UTF-8."""
    sample = sample[:_SAMPLE_BYTES]
    try:
        big5 = sample.decode("cp950")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 2:
            return "gb18030"
        big5 = sample[: error.start].decode("cp950")
    simplified = sample.decode("gb18030", "replace")
    if common_share(big5, "big5") > common_share(simplified, "gb2312") + _MARGIN:
        return "cp950"
    return "gb18030"


def is_utf7(sample: bytes) -> bool:
    """Whether ASCII bytes hold UTF-7: all their shifted runs are common Chinese."""
    runs = _SHIFTED.findall(sample[:_SAMPLE_BYTES])
    if not runs or not sample.isascii():
        return False
    words = []
    for run in runs:
        try:
            words.append((b"+" + run + b"-").decode("utf-7"))
        except UnicodeDecodeError:
            return False
    text = _OTHER_WIDE.sub("", "".join(words))
    common = max(common_share(text, "gb2312"), common_share(text, "big5"))
    return len(text) >= 2 and common >= _MIN_COMMON_SHARE


def is_mojibake(lines: list[str]) -> bool:
    """Whether lines were decoded wrongly before they were saved: UTF-8 taken for another encoding.

    Text that is right hardly ever spells UTF-8 once more when it is put back into bytes.
    """
    told = [line for line in lines if not line.isascii()][:_TOLD_LINES]
    return len(told) >= _LEAST_LINES and any(
        2 * sum(_spells_utf8(line, wrong) for line in told) > len(told) for wrong in _MISTAKEN
    )


def is_strange(text: str, encoding: str) -> bool:
    """Whether text read as GB18030 or Big5 is hardly made of common characters (日本語, 한국어)."""
    wide = [char for char in text if char > "\x7f" and not _OTHER_WIDE.match(char)]
    if encoding == "gb18030" and len(wide) >= _LEAST_HANGUL and all(map(_may_be_hangul, wide)):
        return True
    share = common_share(text, "big5" if encoding == "cp950" else "gb2312")
    return bool(wide) and share < (_LEAST_COMMON if len(wide) >= _LEAST_WIDE else 0.01)


def _may_be_hangul(char: str) -> bool:
    """Whether a character's bytes are a syllable of EUC-KR.

    Those are the first half of what is common in Chinese: no dozen of Chinese words keeps to it.
    Source: KS X 1001, rows 16 to 40.
    """
    code = char.encode("gb18030", "ignore")
    return len(code) == 2 and 0xB0 <= code[0] <= 0xC8


def _spells_utf8(line: str, wrong: str) -> bool:
    try:
        raw = "".join(char for char in line if char > "\x7f").encode(wrong)
    except UnicodeError:
        return False
    text = raw.decode("utf-8", "ignore")  # a byte or two may have been lost
    wide = sum(char >= "\u2e80" for char in text)
    return 3 * wide >= _LEAST_SPELT * len(raw) > 0


def common_share(text: str, standard: str) -> float:
    """Return the share (0-1) of a text's wide characters that a standard calls common.

    Args:
        text: Any text.
        standard: ``gb2312`` or ``big5``.
    """
    wide = [char for char in text if char > "\x7f" and not _OTHER_WIDE.match(char)]
    if not wide:
        return 0.0
    return sum(_is_common(char, standard) for char in wide) / len(wide)


def _is_common(char: str, standard: str) -> bool:
    if not _HAN.match(char):
        return False
    code = char.encode(standard, "ignore")
    if len(code) != 2:
        return False
    if standard == "gb2312":
        return 0xB0 <= code[0] <= 0xD7
    return b"\xa4\x40" <= code <= b"\xc6\x7e"
