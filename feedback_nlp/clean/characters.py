"""Characters that no stored text may hold: controls, lone surrogates, invisible format marks."""

from __future__ import annotations

import re

# DEL, C1, zero-width and bidirectional marks, soft hyphen, byte order mark, the other line breaks.
_MARKS = r"\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
UNSEEN = rf"\x00-\x1f{_MARKS}"
"""Controls and marks that nobody sees, for use inside the brackets of a pattern."""

# Those but tab and line feed, surrogates, noncharacters.
_SUSPECT = re.compile(rf"[\x00-\x08\x0b-\x1f{_MARKS}\ud800-\udfff\ufffe\uffff]")
# The zero-width joiner stays between the parts of an emoji.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
    "|\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"
)
_LINE_BREAK = re.compile("\r\n?|[\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_characters(text: str) -> str:
    """Return ``text`` that every store, file format and encoder accepts.

    Surrogate pairs are joined, lone surrogates become U+FFFD, line breaks become line feeds,
    control and invisible characters disappear. Idempotent; never raises.
    """
    if text.isprintable() or not _SUSPECT.search(text):
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _UNWANTED.sub("", _LINE_BREAK.sub("\n", text))


def one_line(text: str) -> str:
    """Return what a person typed into a field of one line: nothing invisible, no break, no blank ends.

    A pasted name may hold marks that nobody sees; a terminal obeys some of them, and XML, of which
    charts are made, forbids them.
    """
    if text.isprintable():
        return text.strip()
    return " ".join(clean_characters(text).split())
