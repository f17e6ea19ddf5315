"""Finds the numbers of passports and permits near the word for one, and of soldiers' papers.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_nlp.clean.codes import GLUE, read_code
from feedback_nlp.clean.findings import PersonalDatum, digit_count, is_date, signs_of
from feedback_nlp.clean.folding import DIVIDERS
from feedback_nlp.clean.spots import Spots, matches

_KIND = "护照"
_WORD = re.compile(
    r"护照|值机|证件|通行证|回乡证|还乡证|返乡证|台胞证|入台证|大通证|永居证|永久居留|居留许可|居留证|旅行证|海员证|出入境证|签证|港澳证|passport|(?<![a-z])pp ?no"
)
_MARK = rf"[{DIVIDERS}]{{0,2}}"
_FORM = re.compile(
    rf"(?:(?<![0-9a-z])|(?<=passport))[a-z]{_MARK}[a-z]?{_MARK}[0-9](?:{_MARK}[0-9]){{5,9}}[a-z]?(?![0-9a-z])"
)
_RESIDENCE = re.compile(r"(?<![0-9a-z])[a-z]{3}[0-9]{12}(?![0-9a-z])")  # foreigners, until 2023
_STATED = re.compile(
    rf"(?:护照|通行证|[回还返]乡证|台胞证|入台证|大通证|永居证|居留证|居留许可|旅行证|海员证|港澳证|签证|passport)(?:本|编)?(?:号码?)?(?:上写的|上的|写的|填的|一栏)?{GLUE}(?=[0-9a-z])"
)
_FEWEST, _MOST = 7, 18
_SOLDIERS = re.compile(r"[军士警武海空南北政后装参]{1,2}字?第 ?[0-9]{5,8} ?号?")
_SOLDIERS_WORD = re.compile(r"军官|士兵|警官|军人|证")
_BEFORE, _AFTER = 30, 12
_SUM = re.compile(r" ?[元块年月日万天]")


def find_passports(folded: str, spots: Spots) -> Iterator[PersonalDatum]:
    """Yield passport numbers near the word for one, and those of soldiers' papers."""
    if "第" in folded and _SOLDIERS_WORD.search(folded):
        for match in _SOLDIERS.finditer(folded):
            yield PersonalDatum(*match.span(), _KIND, match[0].replace(" ", ""))
    if "passport" not in spots or not _WORD.search(folded):
        return
    for match in (*_FORM.finditer(folded), *_RESIDENCE.finditer(folded)):
        near = folded[max(0, match.start() - _BEFORE) : match.end() + _AFTER]
        if _WORD.search(near):
            yield PersonalDatum(*match.span(), _KIND, signs_of(match[0]))
    for match in matches(_STATED, folded, spots, "passport"):
        code = read_code(folded, match.end(), fewest=_FEWEST, most=_MOST)
        if code is None or is_date(code.plain) or _SUM.match(folded, code.end):
            continue
        if digit_count(code.plain) >= _FEWEST:
            yield PersonalDatum(code.start, code.end, _KIND, code.plain)
