"""What a unit is about, without what is said beside it.

不好意思打扰了，昨晚又碰到一回，验证码收不到，家里还等着做饭呢 is about a code that does not
come. People wrap a matter into greetings, sighs, demands and circumstances; where these are
longer than the matter, they decide which unit lies near which. So clauses that are nothing
but an aside are left out before a unit is placed. What people see keeps every word.
"""

from __future__ import annotations

import re
from functools import cache

from feedback_nlp.chinese import fold
from feedback_nlp.resources import read_tables

_ASIDES = "topics/asides.toml"
_PARTS = ("who", "when", "spell", "many")  # each may stand in what follows it
_CUT = re.compile(r"([，,。．.；;！!？?~～…\s、：:—]+|//|(?:\[[^\[\]]{1,8}\])+)")
_TAG = re.compile(r"#[^#\s]{1,20}#")
_SAYS = re.compile(r"[㐀-鿿a-z0-9]")
_HINGE = re.compile(
    r"^(?:还有就是|还有|另外|而且|并且|顺便说一句|顺便提一下|再就是|然后|唯一的问题是|就是|只是|不过|但是|可是|可惜|但|唉|哎|那个)+(?=.{2})"
)
_LEAST = 2  # characters that a matter has
_LONGEST = 40  # characters of an aside


def the_matter(text: str) -> str:
    """Return a text without the clauses that are asides; all of it if nothing else is said.

    >>> the_matter("不好意思打扰了，昨晚又碰到一回，验证码收不到，谢谢！")
    '验证码收不到，'
    """
    parts = _CUT.split(_TAG.sub(" ", text))
    kept = []
    for clause, mark in zip(parts[::2], [*parts[1::2], ""], strict=True):
        if _SAYS.search(folded := fold(clause)) and not is_aside(folded):
            kept.append(clause + mark)
    matter = "".join(kept)
    return matter if len(_SAYS.findall(fold(matter))) >= _LEAST else text


def says_nothing(text: str) -> bool:
    """Tell whether a text is nothing but asides: 有没有搞错，拜托了."""
    clauses = [fold(clause) for clause in _CUT.split(_TAG.sub(" ", text))[::2]]
    return all(is_aside(clause) for clause in clauses if _SAYS.search(clause))


def is_aside(clause: str) -> bool:
    """Tell whether a folded clause says nothing of the matter."""
    if len(clause) > _LONGEST:
        return False
    return bool(_pattern().fullmatch(without_hinge(clause)))


def without_hinge(clause: str) -> str:
    """Return a folded clause without what joins it to another: 不过离机场近 → 离机场近."""
    return _HINGE.sub("", clause)


@cache
def _pattern() -> re.Pattern[str]:
    """Read the shipped asides.

    Raises:
        ArtifactError: If the file is missing or damaged.
    """
    lists = {name: "|".join(lines) for name, lines in read_tables(_ASIDES).items()}
    for part in _PARTS:
        one_of = f"(?:{lists.pop(part)})"
        lists = {name: said.replace(f"{{{part}}}", one_of) for name, said in lists.items()}
    return re.compile("|".join(lists.values()))
