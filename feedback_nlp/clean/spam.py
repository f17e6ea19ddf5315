"""Adverts and copy-paste promotion that say nothing about the product.

Rules before learning: adverts change their words each week, and a missed advert costs
less than a lost complaint. So evidence of two different groups is needed (or one strong
one), and a text that complains about adverts is not taken for one.

Source: ``corpora/spam/adverts.toml``.
"""

from __future__ import annotations

import re
from functools import cache

from feedback_nlp.clean.fingerprint import significant
from feedback_nlp.resources import read_tables

THRESHOLD = 2.0
_MIN_CHARS = 8
_PSEUDONYM = re.compile(r"(手机号|微信|qq|邮箱)[0-9a-f]{4}")
_COMPLAINS = re.compile(
    "广告太多|弹窗|骗子|骗人|被骗|垃圾广告|虚假宣传|打广告的|刷好评的|都是刷|全是刷|水军|举报|投诉|差评|怎么(?:取消|退|关)"
)
_CONTACT_WEIGHT = 0.5  # people who want an answer leave a contact too


def spam_score(text: str) -> float:
    """Return the weight of evidence that a stored text is an advert, 0 or more; 2 is enough."""
    letters = significant(text)
    if len(letters) < _MIN_CHARS:
        return 0.0
    plain = _PSEUDONYM.sub(r"\1", letters)
    score = sum(weight for weight, pattern in _groups() if pattern.search(plain))
    if score and plain != letters:
        score += _CONTACT_WEIGHT
    return score / 2 if _COMPLAINS.search(plain) else score


def is_spam(text: str) -> bool:
    """Tell whether a stored text is an advert."""
    return spam_score(text) >= THRESHOLD


@cache
def _groups() -> tuple[tuple[float, re.Pattern[str]], ...]:
    groups = read_tables("spam/adverts.toml")["group"]
    return tuple((group["weight"], re.compile("|".join(group["patterns"]))) for group in groups)
