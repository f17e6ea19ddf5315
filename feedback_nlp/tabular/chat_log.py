"""Chats saved as text (QQ, 微信 and their exporters): who said what when, one message a row.

Known are a line ``2026-03-01 10:20:00 名字`` or ``名字 2026-03-01 10:20:00``
above the words, ``[2026-03-01 10:20:00] 名字: 说的话`` on one line, both with the clock alone
below lines with the date (微信 copied by day; LINE with tabs between clock, name and words), and
those of WhatsApp (01/03/2026, 10:20). Read as plain lines,
such a file would keep the names of everybody in it as feedback.

Source: text exports of QQ (消息管理器), 微信 export tools, LINE and WhatsApp.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from feedback_nlp.records import Rejection
from feedback_nlp.tabular.decoding import TextLine
from feedback_nlp.tabular.rows import Limits, Row, reject, reject_unreadable, told_above

SAID_AT, SPEAKER, WORDS = "发送时间", "发送人", "聊天内容"
COLUMNS = (SAID_AT, SPEAKER, WORDS)

_LEAST_HEADS = 2
_MOST_PREFACE = 12
_MOST_LINES = 500
_CLOCK_CHARS = 12
_CLOCK = r"(?:上午|下午)?\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?"
_DAY = r"(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
_TIME = rf"(?P<at>(?:{_DAY}[ ,T]{{1,3}}|\d{{1,2}}[/.]\d{{1,2}}[/.](?:20)?\d{{2}},? ){_CLOCK})"
_SHORT_YEAR = re.compile(r"^(\d{1,2}[/.]\d{1,2}[/.])(\d{2})(?=[, ])")
_NAME = r"(?P<who>[^\n:：]{1,40}?)"
_HEADS = (
    re.compile(rf"[\[【]?{_TIME}[\]】]?[ \t]+{_NAME}[:：]?"),
    re.compile(rf"{_NAME}[ \t]+[(\[]?{_TIME}[)\]]?[:：]?"),
)
_INLINE = re.compile(
    rf"\u200e?[\[【]?{_TIME}(?:】|\]?[ ,\t-])[ ,\t-]*{_NAME}[:：][ \t]?(?P<said>.+)"
)
_NOTICE = re.compile(rf"\u200e?[\[【]?{_TIME}[\]】]?[ ,\t-]+(?P<said>\S.*)")
_WEEKDAY = r"(?:\s*[(（]?(?:星期|周|週)?[一二三四五六日天][)）]?)"
# 微信 copied by day: the date stands on a line of its own, heads have the clock only.
_DIVIDER = re.compile(rf"[-—–=*_·\s]*(?P<day>{_DAY}){_WEEKDAY}?[-—–=*_·\s]*")
_CLOCK_HEADS = (
    re.compile(rf"\[?(?P<at>{_CLOCK})\]?[ \t]+{_NAME}[:：]?"),
    re.compile(rf"{_NAME}[ \t]+[(\[]?(?P<at>{_CLOCK})[)\]]?[:：]?"),
)
_CLOCK_TABS = re.compile(rf"(?P<at>{_CLOCK})\t(?P<who>[^\t\n]{{1,40}})\t(?P<said>.+)")
_CLOCK_INLINE = re.compile(rf"\[?(?P<at>{_CLOCK})\]?[ ,\t-]+{_NAME}[:：][ \t]?(?P<said>.+)")


def is_chat_log(lines: Sequence[TextLine]) -> bool:
    """Whether the first lines of a text file are a saved chat."""
    texts = [line.text.strip() for line in lines if line.text.strip()]
    by_day = any(map(_DIVIDER.fullmatch, texts))
    inline = sum(_inline(text, by_day) is not None for text in texts)
    if inline >= _LEAST_HEADS and 2 * inline >= len(texts):
        return True
    texts = [text for text in texts if not _DIVIDER.fullmatch(text)]
    # Above the words: heads, and something below them
    heads = [n for n, text in enumerate(texts) if _head(text, by_day) is not None]
    if len(heads) < _LEAST_HEADS or heads[0] > _MOST_PREFACE:
        return False
    below = set(heads)
    silent = sum(n + 1 in below or n + 1 == len(texts) for n in heads)
    return 5 * silent <= len(heads) and 6 * len(heads) >= len(texts) - heads[0]


def preface_of_chat(lines: Sequence[TextLine]) -> tuple[str, ...]:
    """Return what stands above the first message: whose group it is, who saved it."""
    said = [line.text.strip() for line in lines if line.text.strip()]
    heads = (n for n, text in enumerate(said) if _inline(text, True) or _head(text, True))
    return told_above(said[: next(heads, len(said))])


def read_chat_log(lines: Iterator[TextLine], limits: Limits) -> Iterator[Row | Rejection]:
    """Yield one row a message, at the line where it begins."""
    begun: TextLine | None = None
    said_at = who = ""
    words: list[str] = []

    def row(first: TextLine) -> Row | Rejection:
        text = "\n".join(words).strip()
        if len(text) > limits.max_cell_chars:
            return reject(first.number, "cell-too-long", f"有一条消息长达 {len(text):,} 个字符")
        return Row(first.number, {SAID_AT: said_at, SPEAKER: who, WORDS: text})

    day = ""
    for line in lines:
        text = line.text.strip()
        if line.fault:
            yield reject_unreadable(line.number, line.fault)
            continue
        if not text:
            continue
        if (divider := _DIVIDER.fullmatch(text)) is not None:
            day = divider["day"]
            yield reject(line.number, "not-feedback", "聊天记录里的日期，不是消息")
            continue
        inline = _inline(text, bool(day))
        head = inline or _head(text, bool(day))
        if head is None and _NOTICE.fullmatch(text) is not None:
            yield reject(line.number, "not-feedback", "聊天记录里的系统提示，不是消息")
        elif head is None and begun is None:
            yield reject(line.number, "not-feedback", "聊天记录开头的说明，不是消息")
        elif head is None and len(words) < _MOST_LINES:
            words.append(text)
        elif head is None:
            yield reject(
                line.number, "row-too-long", f"一条消息超过 {_MOST_LINES} 行，多出的没有读"
            )
        else:
            if begun is not None:
                yield row(begun)
            begun, said_at, who = line, head["at"], head["who"].strip()
            said_at = _SHORT_YEAR.sub(r"\g<1>20\2", said_at)
            if len(said_at) <= _CLOCK_CHARS:
                said_at = f"{day} {said_at}"
            words = [inline["said"]] if inline else []
    if begun is not None:
        yield row(begun)


def _inline(text: str, by_day: bool) -> re.Match[str] | None:
    """Match a message on one line."""
    if by_day and (match := _CLOCK_TABS.fullmatch(text) or _CLOCK_INLINE.fullmatch(text)):
        return match
    return _INLINE.fullmatch(text)


def _head(text: str, by_day: bool = False) -> re.Match[str] | None:
    """Match a line that only says who speaks and when."""
    if len(text) > 80 or not any(map(str.isdigit, text)):
        return None
    patterns = (*_HEADS, *_CLOCK_HEADS) if by_day else _HEADS
    return next((match for pattern in patterns if (match := pattern.fullmatch(text))), None)
