"""Words of other tongues and of another order in Chinese feedback, as most people say them.

checkout 页面 crash 了 and 结算页面闪退 are one problem, and share no word; nor do 菜上得慢 and
上菜慢. A small glossary of English, Cantonese and Taiwanese words, and of things before their
verb, brings such units together before they are placed. What people see keeps the words that
were written.
"""

from __future__ import annotations

import re
from functools import cache

from feedback_nlp.resources import read_columns

_FILE = "topics/glossary.tsv"


def plainly(text: str) -> str:
    """Return a text with the words of the glossary in plain Chinese.

    >>> plainly("checkout 页面 crash 了")
    '结算 页面 闪退 了'
    """
    latin, other, plain = _glossary()
    text = latin.sub(lambda match: plain[" ".join(match[0].lower().split())], text)
    return other.sub(lambda match: plain[match[0]], text)


@cache
def _glossary() -> tuple[re.Pattern[str], re.Pattern[str], dict[str, str]]:
    """Read the shipped glossary: what finds its Latin words, what finds the others, the words.

    Both begin with what `re` can skip to; one pattern for both tries two hundred words at each
    character of a Chinese text.

    Raises:
        ArtifactError: If the file is missing or a line has not its two columns.
    """
    plain = {
        said.replace("+", " "): chinese
        for chinese, words in read_columns(_FILE, 2)
        for said in words.split()
    }
    ordered = sorted(plain, key=lambda said: (-len(said), said))
    letters = [said for said in ordered if said.isascii()]
    others = [said for said in ordered if not said.isascii()]
    firsts = "".join(sorted({first for said in letters for first in said[0] + said[0].upper()}))
    words = "|".join(re.escape(said).replace(r"\ ", r"\s+") for said in letters)
    latin = rf"(?=[{firsts}])(?<![a-zA-Z])(?i:{words})(?![a-zA-Z])"
    return re.compile(latin), re.compile("|".join(map(re.escape, others))), plain
