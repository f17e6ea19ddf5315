"""Clean: what is stored (:func:`prepare`) and what is analysed (:func:`normalize`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedback_nlp.clean.content import has_no_content, without_page_marks
from feedback_nlp.clean.fingerprint import fingerprint
from feedback_nlp.clean.normalize import normalize
from feedback_nlp.lazily import names_of

if TYPE_CHECKING:
    from feedback_nlp.clean.duplicates import DuplicateGroup, DuplicateItem, find_duplicates
    from feedback_nlp.clean.folding import without_stand_ins
    from feedback_nlp.clean.preparation import Prepared, prepare
    from feedback_nlp.clean.pseudonyms import Pseudonymizer
    from feedback_nlp.clean.spam import is_spam, spam_score
    from feedback_nlp.clean.values import redact_key, redact_value

__all__ = [
    "DuplicateGroup",
    "DuplicateItem",
    "Prepared",
    "Pseudonymizer",
    "find_duplicates",
    "fingerprint",
    "has_no_content",
    "is_spam",
    "normalize",
    "prepare",
    "redact_key",
    "redact_value",
    "spam_score",
    "without_page_marks",
    "without_stand_ins",
]

# Patterns of addresses, numbers and people take a quarter of a second to compile, and the
# grouping of copies loads numpy.
__getattr__ = names_of(
    __name__,
    {
        "DuplicateGroup": "duplicates",
        "DuplicateItem": "duplicates",
        "Prepared": "preparation",
        "Pseudonymizer": "pseudonyms",
        "find_duplicates": "duplicates",
        "is_spam": "spam",
        "prepare": "preparation",
        "redact_key": "values",
        "redact_value": "values",
        "spam_score": "spam",
        "without_stand_ins": "folding",
    },
)
