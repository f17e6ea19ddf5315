"""Lists that go round a chat group (接龙): each person adds a numbered line, name first.

``3. 5栋-某某 橙子少了两个``. Read as plain lines, such a file would keep the names in its texts.

Source: the form that WeChat's own 接龙 writes and that group buyings and parents' groups copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from feedback_nlp.records import Rejection
from feedback_nlp.tabular.decoding import TextLine
from feedback_nlp.tabular.rows import Row, reject, reject_unreadable, told_above
from feedback_nlp.tabular.written_notes import NUMBER, WORDS

WHO = "接龙人"
LIST_COLUMNS = (NUMBER, WHO, WORDS)

_LEAST = 2
_TITLE_WITHIN = 3
_TITLE = re.compile(r"\s*(?:[#＃]\s*(?:群)?接龙|【?(?:群)?接龙】?|#Group Note)", re.IGNORECASE)
_ENTRY = re.compile(r"\s*(?P<number>\d{1,4})\s*[.．、]\s*(?P<said>\S.*)")
_HOME = re.compile(
    r"[\dA-Za-z#＃栋号楼室座幢单元期区层—－-]*\d[\dA-Za-z#＃栋号楼室座幢单元期区层—－-]*"
)
_NAME_LENGTH, _ALONE_LENGTH = 6, 10
_PUNCTUATED = re.compile(r"[，。！？!?；;、,]")
_OUTSIDE = "接龙的标题、说明或示例，不是反馈"
_NOTHING_SAID = "只接了名字，没有说什么"


def is_sign_up_list(lines: Sequence[TextLine]) -> bool:
    """Whether the first lines name a 接龙 and are followed by numbered ones."""
    texts = [line.text for line in lines if line.text.strip()]
    is_named = any(_TITLE.match(text) for text in texts[:_TITLE_WITHIN])
    return is_named and sum(_ENTRY.match(text) is not None for text in texts) >= _LEAST


def preface_of_list(lines: Sequence[TextLine]) -> tuple[str, ...]:
    """Return what stands above the first entry."""
    above = takewhile(lambda line: _ENTRY.match(line.text) is None, lines)
    return told_above(line.text for line in above)


def read_sign_up_list(lines: Iterator[TextLine]) -> Iterator[Row | Rejection]:
    """Yield one row an entry, at its first line; title, example and bare names are set aside."""
    held: Row | None = None
    for line in lines:
        if line.fault:
            yield reject_unreadable(line.number, line.fault)
            continue
        text = line.text.strip()
        if not text:
            continue
        entry = _ENTRY.match(text)
        if entry is None and held is not None:
            held.values[WORDS] = f"{held.values[WORDS]}\n{text}"
            continue
        if held is not None:
            yield held
            held = None
        if entry is None:
            yield reject(line.number, "not-feedback", _OUTSIDE)
            continue
        who, words = _apart(entry["said"])
        if words:
            held = Row(line.number, {NUMBER: entry["number"], WHO: who, WORDS: words})
        else:
            yield reject(line.number, "not-feedback", _NOTHING_SAID)
    if held is not None:
        yield held


def _apart(said: str) -> tuple[str, str]:
    """Return who says something (a house, a name, or both) and what."""
    first, *rest = said.split(maxsplit=1)
    if not rest:
        is_name = len(first) <= _ALONE_LENGTH and not _PUNCTUATED.search(first)
        return (first, "") if is_name else ("", first)
    name, *words = rest[0].split(maxsplit=1)
    if words and _HOME.fullmatch(first) and len(name) <= _NAME_LENGTH:
        return f"{first} {name}", words[0]
    return first, rest[0]
