"""Clean: what is stored (:func:`prepare`) and what is analysed (:func:`normalize`)."""

from __future__ import annotations

from feedback_nlp.clean.content import has_no_content, without_page_marks
from feedback_nlp.clean.duplicates import DuplicateGroup, DuplicateItem, find_duplicates
from feedback_nlp.clean.fingerprint import fingerprint
from feedback_nlp.clean.folding import without_stand_ins
from feedback_nlp.clean.normalize import normalize
from feedback_nlp.clean.prepare import Prepared, prepare
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
