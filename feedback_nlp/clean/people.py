"""Finds people by name: nicknames after an at sign, names after 联系人 or 我叫.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from feedback_nlp.clean.findings import PersonalDatum
from feedback_nlp.clean.labels import surnames, words

_LATIN_BEFORE = r"(?<![a-z0-9._%+\-])"
_NICKNAME = re.compile(
    rf"(?:{_LATIN_BEFORE}@|@(?=[一-鿿]))"
    r"([^\s@#,。!?;:()<>\[\]{}\"“”‘’'…、/〔〕【】《》|\0]{1,30})"
)
_LONG_NICKNAME = 14
_MOST_NAMES = 8  # sought again in the whole text
_AMOUNT = re.compile(r"[0-9]{1,4}(?:[a-z]{1,3}(?![a-z])|[个元块只件份])")  # @2x, @60fps, 3元@5个
# In a long run without a blank the nickname ends where the sentence begins.
_SENTENCE = re.compile(r"(?<=.{2})[你我他她您的了吗呢是不在有请能怎什为这那就都和也快给把]")


def find_nicknames(folded: str) -> Iterator[PersonalDatum]:
    """Yield ``@`` and the nickname behind it."""
    if "@" not in folded:
        return
    for match in _NICKNAME.finditer(folded):
        name = match[1].rstrip(".·-")
        if len(name) > _LONG_NICKNAME:
            sentence = _SENTENCE.search(name)
            name = name[: sentence.start() if sentence else _LONG_NICKNAME]
        if not name or _AMOUNT.match(name) or name.startswith(words("nickname", "never")):
            continue
        yield PersonalDatum(match.start(), match.end(1) - len(match[1]) + len(name), "用户", name)


def find_names(folded: str) -> Iterator[PersonalDatum]:
    """Yield names of people where the text says that one stands there, and wherever else it does."""
    names: dict[str, str] = {}
    for match in _label().finditer(folded):
        name = _name().match(folded, match.end())
        if name is None:
            continue
        plain = name[1].replace(" ", "")
        surname = plain[:2] if plain[:2] in surnames() else plain[:1]
        if surname not in surnames() or plain.startswith(words("person", "never")):
            continue
        if len(plain) == len(surname):
            continue
        yield PersonalDatum(*name.span(1), "姓名", plain)
        if len(names) < _MOST_NAMES:
            names[name[1]] = plain
    for match in _introduced().finditer(folded):
        plain = match[1]
        if plain[:1] in surnames() and not plain.startswith(words("person", "never")):
            yield PersonalDatum(*match.span(1), "姓名", plain)
    for written, plain in names.items():
        position = folded.find(written)
        while position >= 0:
            yield PersonalDatum(position, position + len(written), "姓名", plain)
            position = folded.find(written, position + len(written))


@cache
def _label() -> re.Pattern[str]:
    labels = "|".join((*words("person", "stated"), *words("person", "said")))
    return re.compile(rf"(?:{labels})(?:姓名|名字|名)?[是为叫填写成的: (\"“]{{0,5}}")


@cache
def _introduced() -> re.Pattern[str]:
    labels = "|".join(words("person", "introduced"))
    last = words("person", "no_end")[0]
    return re.compile(rf"(?:{labels})([一-鿿]{{2}}(?![{last}])[一-鿿])(?![一-鿿])")


@cache
def _name() -> re.Pattern[str]:
    """Match two to four characters that end where a name ends."""
    after = words("person", "after")[0]
    return re.compile(
        rf"([一-鿿](?: ?[一-鿿]){{1,3}}?)(?=$|[^一-鿿]|{after})",
    )
