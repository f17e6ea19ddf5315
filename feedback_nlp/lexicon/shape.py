"""Whether a run of pieces looks like a word: which parts may begin, end or be inside one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from feedback_nlp.labels import WordKind
from feedback_nlp.resources import read_word_list

_SECTION = re.compile(r"\[(\w+)\]")
_DIGITS = re.compile(r"\d+(?:\.\d+)*")
_ASCII = re.compile(r"[!-~]+")
_NOUNS = ("n", "vn", "eng", "j", "l", "i", "k")
_INNER_TAGS = frozenset("rpcuyedqftoz")
_NEGATIONS = ("不", "没", "别")
_DEGREES = ("太", "很")
_PHRASE_WEIGHT = 0.5  # verb and object: 共享设备 may be a feature or a deed
_DEED_WEIGHT = 0.7  # thing and verb: 语音控制 is a feature, 骑手迟到 a sentence
_LONG_WEIGHT = 0.6  # three and more pieces: 省钱优选联盟, 后台放音乐
_NEW_PART_WEIGHT = 1.25  # a part that is no word by itself: 体脂|秤, f|码


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of today's cut.

    Attributes:
        text: Folded.
        tag: Part of speech.
        known: In the dictionary, not guessed.
    """

    text: str
    tag: str
    known: bool


@dataclass(frozen=True)
class EdgeWords:
    """Words that never are inside, begin or end a new word."""

    anywhere: frozenset[str]
    start: frozenset[str]
    end: frozenset[str]


@cache
def read_edge_words() -> EdgeWords:
    """Read the shipped list, ``corpora/lexicons/word_edges.txt``."""
    sections: dict[str, set[str]] = {"anywhere": set(), "start": set(), "end": set()}
    section = "anywhere"
    for line in read_word_list("lexicons/word_edges.txt"):
        if heading := _SECTION.fullmatch(line):
            section = heading.group(1)
        else:
            sections[section].update(line.split())
    return EdgeWords(**{name: frozenset(words) for name, words in sections.items()})


def word_weight(pieces: Sequence[Piece], edges: EdgeWords) -> float:
    """Return how much a run looks like a word: 0 if it cannot be one, about 1 if it may.

    Args:
        pieces: What the tokenizer makes of the run today, at least one.
        edges: The word lists.
    """
    first, last = pieces[0], pieces[-1]
    if first.text in edges.start or last.text in edges.end or _is_number(first):
        return 0.0
    if any(_cannot_be_inside(piece, edges) for piece in pieces):
        return 0.0
    if len({character for piece in pieces for character in piece.text}) == 1:
        return 0.0  # 嗯嗯, 差差差
    if len(pieces) == 1:
        return 1.0
    if _is_number(last):
        return 1.0 if pieces[-2].tag.startswith(_NOUNS) or not pieces[-2].known else 0.0
    if not _may_end(last, sum(len(piece.text) for piece in pieces)):
        return 0.0
    weight = 1.0
    if first.tag == "v" and len(first.text) > 1 and len(last.text) > 1:
        weight *= _PHRASE_WEIGHT
    if last.tag.startswith("v") and last.tag != "vn" and len(last.text) > 1:
        weight *= _DEED_WEIGHT
    if len(pieces) > 2:
        weight *= _LONG_WEIGHT
    if any(len(piece.text) == 1 or not piece.known for piece in pieces):
        weight *= _NEW_PART_WEIGHT
    return weight


def guess_kind(word: str, pieces: Sequence[Piece]) -> tuple[WordKind, str]:
    """Guess what a word is to the business and its part of speech."""
    tag = pieces[-1].tag
    if any(map(str.isdigit, word)):
        return WordKind.VERSION, "n"
    if len(pieces) == 1 or tag.startswith(_NOUNS) or _ASCII.search(word):
        return WordKind.PRODUCT, "n"
    if sum(len(piece.text) for piece in pieces) > 3:
        return WordKind.PRODUCT, "n"
    return WordKind.SLANG, "a" if tag.startswith("a") else "v"


def _cannot_be_inside(piece: Piece, edges: EdgeWords) -> bool:
    if piece.text in edges.anywhere or piece.text.startswith(_NEGATIONS):
        return True
    if piece.known and ("不" in piece.text or piece.text.startswith(_DEGREES)):
        return True  # 找不到, 关不掉, 太小
    if not piece.known and {piece.text[0], piece.text[-1]} & edges.anywhere:
        return True
    return len(piece.text) > 1 and piece.known and piece.tag[:1] in _INNER_TAGS


def _may_end(piece: Piece, length: int) -> bool:
    """Tell whether a piece may end a word of several pieces and ``length`` characters."""
    if piece.tag.startswith(_NOUNS) or not piece.known or _ASCII.fullmatch(piece.text):
        return True
    if len(piece.text) == 1:  # 靠|谱, 高大|上, 棒棒|哒
        return length <= 3
    return piece.tag.startswith("v")  # 语音|控制


def _is_number(piece: Piece) -> bool:
    return _DIGITS.fullmatch(piece.text) is not None or (
        piece.tag == "m" and piece.known and not _ASCII.fullmatch(piece.text)
    )
