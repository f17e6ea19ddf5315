"""Finds people by name: nicknames after an at sign, names after 联系人 or 我叫.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from feedback_nlp.clean.findings import PersonalDatum
from feedback_nlp.clean.full_names import find_full_names, is_full_name
from feedback_nlp.clean.labels import surnames, words

_LATIN_BEFORE = r"(?<![a-z0-9._%+\-])"
_NICKNAME = re.compile(
    rf"(?:{_LATIN_BEFORE}@|@(?=[一-鿿]))"
    r"([^\s@#,。!?;:()<>\[\]{}\"“”‘’'…、/〔〕【】《》|\0]{1,30})"
)
_PACKAGE = re.compile("/[a-z]")  # @vue/cli
# Said instead of the sign, and the sign set apart.
_SPOKEN_AT = re.compile(
    r"(?:艾特|(?<![a-z0-9])at(?=[一-鿿]{2,10}一下))([一-鿿]{3,12}?)(?=$|一下|[^一-鿿a-z0-9_])"
    r"|@ ([一-鿿]{3,12})(?=$|[,。!?~ ])"
)
_LONG_NICKNAME, _RARE_NAME = 14, 3
# Names that have no family name: 阿依古丽, 扎西多吉, 其其格.
_OTHER_NAME = re.compile(
    "[一-鿿·]{0,4}?(?:古丽|阿依|买买提|麦麦提|吐尔逊|努尔|热依|帕提|祖丽|卓玛|扎西|才让|央金|多吉|次仁|其其格|巴特尔|格日勒)[一-鿿·]{0,4}(?![一-鿿])"
)
_NO_LETTER = re.compile(r"[ \-·]")
_NOT_A_NICKNAME = frozenset("了我你他她它谁人不没有是的别这那功被")
_MOST_NAMES = 8  # sought again in the whole text
# @2x, @60fps, 3元@5个, 价格@2999
_AMOUNT = re.compile(r"[0-9]{1,4}(?:[a-z]{1,3}(?![a-z])|[个元块只件份])|[0-9]{1,5}$")
_NOBODY = re.compile(
    "(?:qq|163|126|139|gmail|outlook|foxmail)(?:\\.com)?邮箱.{0,20}|客服(?:[没不也都人的说在回怎为处]|出来|答复|专员?).{0,20}|客服"
)
# 姓名：Zhang Wei; words of a message about a field (name: is required) are none.
_LATIN_NAME = re.compile(
    r"(?:姓名|[^a-z]name|^name|[机货件系客]人|旅客) ?: ?"
    r"((?!not |no |is |must |null|test|error|invalid|unknown|field|the )[a-z]{2,10} [a-z]{2,12})(?=$|[^a-z0-9 ])"
)
# In a long run without a blank the nickname ends where the sentence begins.
_SENTENCE = re.compile(r"(?<=.{2})[你我他她您的了吗呢是不在有请能怎什为这那就都和也快给把]")


def find_nicknames(folded: str) -> Iterator[PersonalDatum]:
    """Yield ``@`` and the nickname behind it."""
    for match in (
        _SPOKEN_AT.finditer(folded)
        if any(sign in folded for sign in ("艾特", "@ ", "一下"))
        else ()
    ):
        name = match[1] or match[2]
        if not name.startswith(words("nickname", "never")) and name[0] not in _NOT_A_NICKNAME:
            yield PersonalDatum(*match.span(), "用户", name)
    if "@" not in folded:
        return
    for match in _NICKNAME.finditer(folded):
        name = match[1].rstrip(".·-")
        if len(name) > _LONG_NICKNAME:
            sentence = _SENTENCE.search(name)
            name = name[: sentence.start() if sentence else _LONG_NICKNAME]
        if not name or _AMOUNT.match(name) or _NOBODY.fullmatch(name):
            continue
        if name.startswith(words("nickname", "never")) or _PACKAGE.match(folded, match.end(1)):
            continue
        yield PersonalDatum(match.start(), match.end(1) - len(match[1]) + len(name), "用户", name)


def find_names(folded: str) -> Iterator[PersonalDatum]:
    """Yield names of people where the text says that one stands there, and wherever else it does."""
    names: dict[str, str] = {}
    for match in _label().finditer(folded):
        for start, end in _listed(folded, match.end()):
            written = folded[start:end]
            yield PersonalDatum(start, end, "姓名", _NO_LETTER.sub("", written))
            if len(names) < _MOST_NAMES:
                names[written] = _NO_LETTER.sub("", written)
    for start, end in find_full_names(folded):
        yield PersonalDatum(start, end, "姓名", folded[start:end])
        if len(names) < _MOST_NAMES:
            names[folded[start:end]] = folded[start:end]
    for match in _resident().finditer(folded):
        if _is_name(match[1]):
            yield PersonalDatum(*match.span(1), "姓名", match[1])
    for match in _LATIN_NAME.finditer(folded) if ":" in folded else ():
        yield PersonalDatum(*match.span(1), "姓名", match[1])
    for match in _introduced().finditer(folded):
        plain = match[1]
        if plain[:1] in surnames() and not plain.startswith(words("person", "never")):
            yield PersonalDatum(*match.span(1), "姓名", plain)
    for written, plain in names.items():
        position = folded.find(written)
        while position >= 0:
            yield PersonalDatum(position, position + len(written), "姓名", plain)
            position = folded.find(written, position + len(written))


def _listed(folded: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield the names that stand at ``start``, one behind the other (陈雨、冯雪)."""
    if other := _OTHER_NAME.match(folded, start):
        yield other.span()
        return
    for _ in range(_MOST_NAMES):
        name = _name().match(folded, start)
        if name is None or not _is_name(_NO_LETTER.sub("", name[1])):
            return
        yield name.span(1)
        start = name.end(1) + 1
        if folded[start - 1 : start] not in {"、", "/", "&", "和"}:
            return


def _is_name(plain: str) -> bool:
    """Tell whether a family name begins this, and a name follows it."""
    surname = plain[:2] if plain[:2] in surnames() else plain[:1]
    if plain.startswith(words("person", "never")):
        return False
    if surname not in surnames():
        return len(plain) == _RARE_NAME and is_full_name(plain)
    return len(plain) > len(surname)


@cache
def _resident() -> re.Pattern[str]:
    """Match 业主曹国庆反映: any two or three characters between who one is and what one does."""
    who, does = "|".join(words("person", "resident")), words("person", "does")[0]
    return re.compile(rf"(?:{who})([一-鿿](?:(?!反|来|致|曾|要|再|已|多)[一-鿿]){{1,2}})(?={does})")


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
        rf"([一-鿿](?:[ \-·]?[一-鿿]){{1,3}}?)(?=$|[^一-鿿]|{after})",
    )
