"""Texts in which nobody says anything: platform placeholders, mentions alone, stickers alone.

They are stored, and count as without content: no sentiment, no unit, no topic.

Source: ``corpora/clean/no_content.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from feedback_nlp.clean.alternatives import by_first_class
from feedback_nlp.clean.fingerprint import significant
from feedback_nlp.clean.folding import EMOJI
from feedback_nlp.clean.normalize import normalize
from feedback_nlp.resources import read_tables

_MAX_CHARS = 60
_MENTION = re.compile(r"(?:回复\s*)?[@＠](?:〔[^〔〕\n]{1,20}〕|[\w\-·]{1,30})[:：]?")
_STAND_IN = re.compile(r"〔[^〔〕\n]{1,20}〕")
_STICKER = re.compile(r"\[[^\[\]\n]{1,12}\]|【(?:图片|视频|表情|语音)】")
_MARKS = re.compile(r"[\s!！。.,，、~～…?？;；:：\"'“”‘’*\-—_]+")
_PAGE_MARK = re.compile("展开|收起|查看|追[评加]|评[价论]?(?:内容)?\\s*[：:]")
_HAN = re.compile("[㐀-鿿]")
_WORDS_ONLY = re.compile(rf"[\w\s，。！？、；,.!?;{EMOJI}]*")
# Five characters of Chinese before any mark that could quote, link or mention: somebody says
# something, unless a word stands there that pages write beside what is shared.
_WRITTEN = re.compile(
    r"(?:#[^#\n@]{1,30}#\s?|[@＠][\w\-·]{1,20} |〔用户·[0-9a-f]{4}〕 )?"
    r"[^@＠\[【〔（(/:：#「\n㐀-鿿]{0,20}(?:[㐀-鿿]{1,4}[，。！？、,.!? ]{1,3}){0,3}[㐀-鿿]{5}"
)
_SHARED = re.compile("链接|图片|视频|全文|转[发發]|轉[发發]|分享|来[自源]|來[自源]")
# What every longer placeholder holds: told cheaply, for most texts are none.
_SHORT_CHARS = 14
_LONG_TELLING = re.compile(
    by_first_class(
        ("没未", ".{0,16}?[评内心意]"),
        ("此该", "[用买顾会]"),
        ("默", "认"),
        ("自", "动"),
        ("dD", "[iI][dD]"),
        ("论价容博子息", ".{0,4}?[删屏折隐撤不被]"),
    ),
    re.DOTALL,
)
_TELLING = re.compile(
    r"[没未无默认自动好评星展开收起查看更多全文删除屏蔽折叠转发分享评空跳过nNuUrRd]"
)


@cache
def _data() -> Mapping[str, Any]:
    return read_tables("clean/no_content.toml")


@cache
def _placeholder() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{text})" for text in _data()["placeholders"]), re.IGNORECASE)


@cache
def _around() -> re.Pattern[str]:
    return re.compile("|".join([*_data()["prefixes"], *_data()["suffixes"]]))


def has_no_content(text: str) -> bool:
    """Whether a stored text says nothing: a placeholder, mentions, stickers or marks alone.

    >>> has_no_content("此用户没有填写评论!"), has_no_content("@〔用户·a1b2〕 [笑哭]")
    (True, True)
    >>> has_no_content("没有填写发票的地方")
    False
    """
    if _WRITTEN.match(text) and not _SHARED.search(text):
        pass
    elif "@" in text or "＠" in text or "[" in text or "【" in text or "〔" in text:
        rest = _STICKER.sub(" ", _MENTION.sub(" ", text))
        if not significant(_STAND_IN.sub(" ", rest)):
            return True
    elif not _is_plain(text) and not significant(text):
        return "〔" not in normalize(text)  # 😡 alone says how somebody feels
    if len(text) > _MAX_CHARS:
        return False
    if not (_TELLING if len(text) <= _SHORT_CHARS else _LONG_TELLING).search(text):
        return False
    return _placeholder().fullmatch(_MARKS.sub("", text)) is not None


def _is_plain(text: str) -> bool:
    """Whether Chinese words stand there without a mark that could quote or link: told cheaply."""
    return _HAN.search(text) is not None and _WORDS_ONLY.fullmatch(text) is not None


def without_page_marks(text: str) -> str:
    """Return a text without 追评： before and 展开 behind it; whole if nothing else is there."""
    if not _PAGE_MARK.search(text):
        return text
    rest = _around().sub("", text)
    return rest if rest.strip() else text
