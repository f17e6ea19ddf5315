"""Words and parts of speech: the one adapter around rjieba, with our dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from feedback_nlp.resources import read_word_list

_USER_DICTIONARY = "dictionaries/feedback.txt"


class DictionaryWord(NamedTuple):
    """A word the tokenizer must keep whole.

    Attributes:
        word: The word, folded as the texts are.
        tag: Part of speech, "" if unknown.
        frequency: Its weight in jieba's sense; ``None`` for enough to keep it whole.
    """

    word: str
    tag: str = ""
    frequency: int | None = None


class Tokenizer:
    """Cuts Chinese text into words with jieba's dictionary and our own.

    The Rust port of jieba does the work; its cuts are those of ``jieba.lcut`` but for
    rare ties. Lone surrogates are read as U+FFFD, so no input makes it fail.

    Args:
        words: Words to know besides jieba's own; the feedback dictionary by default.
        extra_words: Words to know besides those, such as a deployment's own.
    """

    def __init__(
        self,
        words: Iterable[DictionaryWord] | None = None,
        extra_words: Iterable[DictionaryWord] = (),
    ) -> None:
        import rjieba  # noqa: PLC0415 - unpacks its dictionary: 50 ms

        self._jieba = rjieba.Jieba()
        for word in (*(read_dictionary() if words is None else words), *extra_words):
            self.add_word(*word)

    def add_word(self, word: str, tag: str = "", frequency: int | None = None) -> None:
        """Keep ``word`` whole from now on."""
        self._jieba.add_word(word, frequency, tag or None)

    def knows(self, word: str) -> bool:
        """Tell whether ``word`` is in the dictionary, not merely guessed from its parts."""
        known: bool = self._jieba.has_word(word)
        return known

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, punctuation and blanks included, in order."""
        try:
            words: list[str] = self._jieba.cut(text)
        except UnicodeEncodeError:
            words = self._jieba.cut(_without_surrogates(text))
        return words

    def tag(self, text: str) -> list[tuple[str, str]]:
        """Return (word, part of speech) in order; ``x`` marks punctuation and blanks."""
        try:
            tagged: list[tuple[str, str]] = self._jieba.tag(text)
        except UnicodeEncodeError:
            tagged = self._jieba.tag(_without_surrogates(text))
        return tagged


def read_dictionary(relative: str = _USER_DICTIONARY) -> list[DictionaryWord]:
    """Read a user dictionary below ``corpora/``: word, blank, part of speech."""
    words = []
    for line in read_word_list(relative):
        word, _, tag = line.partition(" ")
        words.append(DictionaryWord(word, tag.strip()))
    return words


@cache
def default_tokenizer() -> Tokenizer:
    """Return the process-wide tokenizer, built on first use (about 0.1 s)."""
    return Tokenizer()


@lru_cache(maxsize=4)
def tokenizer_with(extra_words: tuple[DictionaryWord, ...]) -> Tokenizer:
    """Return a tokenizer that knows the shipped dictionary and these words.

    The shared default one without any. Callers must not add words to it.
    """
    return Tokenizer(extra_words=extra_words) if extra_words else default_tokenizer()


def _without_surrogates(text: str) -> str:
    return "".join(
        "\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text
    )
