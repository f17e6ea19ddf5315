"""Words of other tongues in Chinese feedback, as most people say them.

checkout 页面 crash 了 and 结算页面闪退 are one problem, and share no word. A small glossary of
English, Cantonese and Taiwanese words brings such units together before they are placed. What
people see keeps the words that were written.
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
    pattern, plain = _glossary()
    return pattern.sub(lambda match: plain[" ".join(match[0].lower().split())], text)


@cache
def _glossary() -> tuple[re.Pattern[str], dict[str, str]]:
    """Read the shipped glossary.

    Raises:
        ArtifactError: If the file is missing or a line has not its two columns.
    """
    plain = {
        said.replace("+", " "): chinese
        for chinese, words in read_columns(_FILE, 2)
        for said in words.split()
    }
    ordered = sorted(plain, key=lambda said: (-len(said), said))
    latin = "|".join(re.escape(said).replace(r"\ ", r"\s+") for said in ordered if said.isascii())
    other = "|".join(re.escape(said) for said in ordered if not said.isascii())
    return re.compile(rf"(?<![a-z])(?:{latin})(?![a-z])|{other}", re.IGNORECASE), plain
