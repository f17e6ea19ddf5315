"""The form of a text that is analysed; the stored text stays as it is.

Offsets do not survive normalisation. Stages that need offsets fold character by
character instead.
"""

from __future__ import annotations

import re
import unicodedata

from feedback_nlp.clean.characters import clean_characters
from feedback_nlp.clean.feelings import feelings_to_tokens
from feedback_nlp.clean.quoted import own_words
from feedback_nlp.clean.simplified import to_simplified

READ_CHARS = 20_000  # NFKC costs the square of a pile of accents; no opinion is longer
_PSEUDONYM = re.compile(r"〔([^〔〕·]{1,6})·[0-9a-f]{4}〕")
_REPEATED_TOKEN = re.compile(r"(〔[^〔〕]{1,6}〕)(?:\s?\1)+")
_REPEATED_HAN = re.compile(r"([㐀-鿿])\1{2,}")
_REPEATED_LETTER = re.compile(r"([A-Za-z])\1{3,}")
_REPEATED_MARK = re.compile(r"([!?。,.、;:~\-_=*^…])(?:\s?\1)+")
_REPEATED_PHRASE = re.compile(r"([㐀-鿿]{2,4}?)[,!。~ ]?(?:\1[,!。~ ]?){2,}")
_BLANKS = re.compile(r"\s+")


def normalize(text: str, *, keep_pseudonyms: bool = False) -> str:
    """Return ``text`` for analysis: one width, one script, one mark, own words only.

    NFKC; 繁 → 简; emoji and emoticons as feeling tokens (``〔生气〕``); quoted and forwarded
    parts, links and mentions out, hashtags as words; repeats folded (``好好好好`` → ``好好``);
    blanks collapsed. Only the first 20,000 characters are read. Never raises. Empty if the writer added nothing of their own.

    >>> normalize("上菜太慢了！！！！  😤😤😤")
    '上菜太慢了! 〔生气〕'

    Args:
        text: A stored text.
        keep_pseudonyms: Keep ``〔手机号·a3f9〕`` apart by value; else it becomes ``〔手机号〕``.
    """
    text = feelings_to_tokens(clean_characters(text[:READ_CHARS]))
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    text = to_simplified(own_words(text))
    if "〔" in text:
        if not keep_pseudonyms:
            text = _PSEUDONYM.sub(r"〔\1〕", text)
        text = _REPEATED_TOKEN.sub(r"\1", text)
    text = _REPEATED_HAN.sub(r"\1\1", text)
    text = _REPEATED_LETTER.sub(r"\1\1", text)
    text = _REPEATED_MARK.sub(r"\1", text)
    if len(set(text)) * 2 <= len(text):  # only what says little can repeat itself so often
        text = _REPEATED_PHRASE.sub(r"\1", text)
    return _BLANKS.sub(" ", text).strip()
