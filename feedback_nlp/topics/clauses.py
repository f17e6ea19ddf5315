"""Clauses boiled down to what they say: 就是送餐真的太慢了 → 送餐 太慢.

A name is made of such clauses: a thing and what is wrong with it (:meth:`ClauseReader.complaints`), or
the end of one that stands as a phrase (:meth:`ClauseReader.runs`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import read_tables, read_word_list
from feedback_nlp.topics.inside import names_of_things
from feedback_nlp.topics.words import HAN_OR_LATIN

_DEGREE = re.compile(
    r"^(?:太|很|好|真|超级|超|巨|特别|非常|十分|极其|极|有点儿?|有些|比较|挺|偏|稍微|稍|略|相当|实在|越来越|更)+(?=.)"
)
_COULD_NOT = re.compile(r"^[㐀-鿿]{1,2}不[了到开上动清住进出来起通好着掉下完全够懂见明]$")
_COULD_NOT_WORDS = 3
_HEAD_TAGS = ("j", "ng", "nz", "n", "b")
_DROPPED_TAGS = ("d", "u", "y", "e", "o", "r", "c", "p", "m", "q", "t", "f", "x", "w", "zg")
_ASIDE_TAGS = ("r", "ns", "nr", "nt", "m", "x")
_NO_OBJECT_TAGS = ("nr", "ns", "nt", "t", "nrt")
_DENYING = "不没"
_COMPARING = "比"
_NOUN_TAGS = ("n", "vn", "j", "l", "eng", "an")
_ACTING_TAGS = ("v", "a", "i", "z")
_LENGTHS = range(4, 12)
_REACH = 3
_SMALL_WORDS = "topics/clause_words.toml"
# What is not said about the matter: names of people, tags of stickers, links.
_ASIDE = re.compile(
    r"@\S+|\[[^\[\]]{1,12}\]|\[?[㐀-鿿]{1,6}r(?:\]|$|(?=[\[\s]))|https?\S+|#[^#\s]+#?"
)

_MENTION = re.compile(r"@([^\s@:：,，]{2,20})")

Word = tuple[str, str]
"""A word and its part of speech."""


class Complaint(NamedTuple):
    """What is wrong with what, in an analyst's words.

    Attributes:
        thing: Empty if the clause does not say.
        wrong: Such as ``太慢`` or ``没送``.
    """

    thing: str
    wrong: str

    @property
    def name(self) -> str:
        """Both together; what the thing says already is not said twice."""
        if self.thing and self.thing in self.wrong:
            return self.wrong
        return self.thing + self.wrong


class Run(NamedTuple):
    """A short run of words out of one clause.

    Attributes:
        text: As it stands.
        content: Its words that say something.
        acts: Whether it says that something happens, or how something is.
        complains: Whether it says that something is wrong.
        complaint: What it complains of, and of what, if that can be told.
    """

    text: str
    content: frozenset[str]
    acts: bool
    complains: bool
    complaint: Complaint | None

    @property
    def plainly(self) -> str:
        """It in an analyst's words: 学校的小 is 学校太小, 房价应该算贵 is 房价太贵."""
        return self.text if self.complaint is None else self.complaint.name


def nicknames_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the names of people whom somebody mentions: 崩溃的布丁 is no crash."""
    return frozenset(
        name.lower() for text in texts if "@" in text for name in _MENTION.findall(text)
    )


def without_asides(text: str, nicknames: Iterable[str] = ()) -> str:
    """Take mentions, names of people, hashtags, stickers and links out of a folded text."""
    text = _ASIDE.sub(" ", text)
    for name in nicknames:
        text = text.replace(name, " ")
    return text


@dataclass(frozen=True)
class ClauseReader:
    """Reads complaints and runs out of tagged texts.

    Args:
        stops: Words that never make a name on their own.
        problems: Each variant of a problem → how an ops person writes it.
        objects: Words that are objects whatever their part of speech.
        products: Names of products; they are no objects.
    """

    stops: frozenset[str]
    problems: dict[str, str]
    objects: frozenset[str]
    products: frozenset[str]

    def clauses(self, tagged: Sequence[Word]) -> list[list[Word]]:
        """Cut tagged words at marks and conjunctions."""
        clauses: list[list[Word]] = [[]]
        for word, tag in tagged:
            if not (HAN_OR_LATIN.search(word) or word.isdigit()) or word in small_words("but"):
                clauses.append([])
            else:
                clauses[-1].append((word, tag))
        return [self._rejoined(clause) for clause in clauses if clause]

    def _rejoined(self, clause: Sequence[Word]) -> list[Word]:
        """Put together what could not be done, and names of things, where the tokenizer cut them.

        约 不 上 → 约不上; 闪退 券 → 闪退券, which says no 闪退.
        """
        words: list[Word] = []
        names = names_of_things()
        for word, tag in clause:
            words.append((word, tag))
            if len(words) > 1 and (name := words[-2][0] + word) in names:
                words[-2:] = [(name, "n")]
            if len(words) < _COULD_NOT_WORDS or words[-2][0] != "不":
                continue
            joined = "".join(part for part, _ in words[-_COULD_NOT_WORDS:])
            if words[-3][0] not in self.stops and _COULD_NOT.match(joined):
                words[-_COULD_NOT_WORDS:] = [(joined, "v")]
        return words

    def _bare(self, clause: Sequence[Word]) -> list[Word]:
        """Drop what only colours a clause, and what its thing is compared with: 比菜还贵."""
        return [
            (word, tag)
            for place, (word, tag) in enumerate(clause)
            if (not place or clause[place - 1][0] != _COMPARING or not tag.startswith("n"))
            and (
                word in small_words("kept")
                or word in small_words("not")
                or not tag.startswith(_DROPPED_TAGS)
                or self._bad(word)
            )
        ]

    def complaints(self, clauses: Sequence[Sequence[Word]]) -> set[Complaint]:
        """Return what is wrong with what: the thing stands shortly before, or right after."""
        found = set()
        for clause in map(self._bare, clauses):
            for place, wrong, after in self._wrongs(clause):
                if wrong in small_words("verdicts"):
                    found.add(Complaint("", wrong))
                    continue
                # 辣椒 … 不送: what does not stand side by side does not belong together.
                reach = 2 if after - place > 1 else _REACH
                things = self._things(clause[max(0, place - reach) : place], last=True)
                if not things:
                    things = self._things(clause[after : after + 2], last=False)
                    if things and (wrong[0] in "不没无" or wrong in self.problems.values()):
                        found.add(Complaint("", wrong + things[0]))
                        continue
                    # 破旧的房间, but not 堵车过热报警.
                    things = self._things(clause[after : after + 1], last=False)[:1]
                    if things and clause[place][0] in small_words("kinds"):
                        continue  # 小电瓶 is a kind of battery and not too small
                found.update(Complaint(thing, wrong) for thing in things)
                if not things:
                    found.add(Complaint("", wrong))
        return found

    def runs(self, clauses: Sequence[Sequence[Word]]) -> set[Run]:
        """Return the ends of clauses, whole or from an inner word on, that could be a name."""
        found = set()
        for said in clauses:
            clause = [
                (word, tag)
                for word, tag in said
                if tag[:1] not in "dzy" or word in small_words("kept") or self._bad(word)
            ]
            end = len(clause)
            while end and self._trails(*clause[end - 1]):
                end -= 1
            for start in range(end):
                words = clause[start:end]
                text = "".join(word for word, _ in words)
                if len(text) not in _LENGTHS or not self._stands(words):
                    continue
                content = frozenset(word for word, tag in words if self._says(word, tag))
                acts = any(tag.startswith(_ACTING_TAGS) for _, tag in words)
                if content:
                    faults = {wrong for _, wrong, _ in self._wrongs(words)}
                    complains = any(map(self.is_fault, faults))
                    found.add(Run(text, content, acts, complains, self._complaint(words)))
        return found

    def _complaint(self, words: Sequence[Word]) -> Complaint | None:
        """Return what a run complains of, at its longest, if it says of what."""
        found = [complaint for complaint in self.complaints([words]) if complaint.thing]
        return max(found, key=lambda complaint: (len(complaint.name), complaint), default=None)

    def is_object(self, word: str, tag: str) -> bool:
        """Tell whether a word is a thing that something can be wrong with."""
        if word in self.products or word in no_objects() or word in self.problems:
            return False
        if word[0] == _COMPARING and word not in self.objects:
            return False  # 比菜还贵 as it is cut: what it is compared with
        if word in self.objects:
            return True
        return (
            len(word) > 1
            and tag.startswith(_NOUN_TAGS)
            and not tag.startswith(_NO_OBJECT_TAGS)
            and word not in self.stops
            and not word.isascii()
            and word[0] not in _DENYING
            and self._bad(word) == ""
        )

    def is_fault(self, wrong: str) -> bool:
        """Tell whether what is wrong is so whatever it is said of: 太慢, 打不开, 没有电梯.

        没抽 and 不关 may be; that they are must be told by how many say so.
        """
        return (
            wrong in bad_words()
            or wrong in self.problems.values()
            or wrong.startswith(tuple(small_words("never")))
            or _COULD_NOT.match(wrong) is not None
        )

    def _wrongs(self, clause: Sequence[Word]) -> Iterator[tuple[int, str, int]]:
        """Yield where something wrong begins, how an analyst writes it, and where it ends."""
        place = 0
        while place < len(clause):
            word, _ = clause[place]
            if self._compares(clause[place : place + 3]):
                place += 2
                continue
            if place + 1 < len(clause) and (joined := self._denied(word, *clause[place + 1])):
                yield place, joined, place + 2
                place += 2
                continue
            bad = self._bad(word) or self.problems.get(word, "")
            if bad and bad != "希望":
                yield place, bad, place + 1
            elif _COULD_NOT.match(word) and word not in small_words("no_faults"):
                yield place, word, place + 1
            place += 1

    def _denied(self, word: str, following: str, tag: str) -> str:
        """Return what two words complain of together: 没 + 送到, 不是 + 方便; or nothing."""
        joined = word + following
        bad = self._bad(joined) or (
            self.problems.get(joined, "") if word in small_words("not") else ""
        )
        if bad or word not in small_words("not"):
            return bad
        if word in small_words("lacking") and self.is_object(following, tag):
            return "没有" + following
        if self._bad(following):  # 不贵 is no complaint
            return ""
        if plainly := self._bad("不" + following):
            return plainly
        if word == "不是":
            return "不" + following if tag.startswith("a") else ""
        acts = ("v",) if word in small_words("never") else ("v", "a")
        if not tag.startswith(acts) or following in self.stops:
            return ""
        return "" if following in small_words("own_acts") else joined

    def _compares(self, words: Sequence[Word]) -> bool:
        """Tell whether words compare: 没有那家卷饼好吃 misses no 卷饼."""
        (word, _), *others = words
        return (
            len(others) > 1
            and word in small_words("lacking")
            and self.is_object(*others[0])
            and others[1][1].startswith("a")
        )

    def _things(self, words: Sequence[Word], *, last: bool) -> list[str]:
        """Return the nearest thing, and the same with the word right before it: 送餐 + 速度."""
        places = [place for place, (word, tag) in enumerate(words) if self.is_object(word, tag)]
        if not places:
            return []
        place = places[-1] if last else places[0]
        thing = words[place][0]
        things = [thing]
        if last and place:
            before, tag = words[place - 1]
            belongs = place - 1 in places or (
                thing in small_words("aspects")
                and tag.startswith("v")
                and before not in small_words("saying")
            )
            is_head = len(before) == 1 and tag.lower() in _HEAD_TAGS  # 圣 + 遗物
            if is_head or (belongs and len(before) > 1 and len(before + thing) <= 6):
                things.append(before + thing)
        return things

    def _trails(self, word: str, tag: str) -> bool:
        """Tell whether a word at the end of a clause adds nothing."""
        return tag.startswith(("y", "u", "e", "o", "x")) or (
            (word in self.stops or word in small_words("kept")) and not self._bad(word)
        )

    def _stands(self, words: Sequence[Word]) -> bool:
        """Tell whether a run begins like a phrase and speaks of a thing."""
        first, tag = words[0]
        if tag.startswith(_DROPPED_TAGS) and first not in small_words("kept"):
            return False
        if first in self.stops and first not in small_words("kept"):
            return False
        if any(
            word in small_words("saying") or word in no_objects() or tag.startswith(_ASIDE_TAGS)
            for word, tag in words
        ):
            return False
        return any(self.is_object(word, tag) for word, tag in words)

    def _says(self, word: str, tag: str) -> bool:
        return (
            (len(word) > 1 or tag.startswith("a"))
            and word not in self.stops
            and word not in self.products
            and not tag.startswith(("nr", "ns", "t", "d", "m"))
        )

    @staticmethod
    def _bad(word: str) -> str:
        """Return how an analyst writes a word of complaint, or nothing."""
        words = bad_words()
        return words.get(word) or words.get(_DEGREE.sub("", word), "")


@cache
def bad_words() -> dict[str, str]:
    """Return each word of complaint → how an analyst writes it."""
    words: dict[str, str] = {}
    for line in read_word_list("topics/predicates.txt"):
        variants = line.split()
        for variant in variants:
            words.setdefault(variant, variants[0])
    return words


@cache
def no_objects() -> frozenset[str]:
    """Return words that are no object of a name: people, times, meals, ways to speak."""
    return frozenset(
        word for line in read_word_list("topics/no_objects.txt") for word in line.split()
    )


@cache
def small_words(kind: str) -> frozenset[str]:
    """Return one list of ``corpora/topics/clause_words.toml``.

    Raises:
        ArtifactError: If the file is missing or has no such list.
    """
    lists = read_tables(_SMALL_WORDS)
    if kind not in lists:
        raise ArtifactError(f"词表 {_SMALL_WORDS} 里没有 {kind}", hint="重新安装 feedback-nlp")
    return frozenset(lists[kind])
