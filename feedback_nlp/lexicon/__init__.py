"""The dictionary workbench: new words from the feedback itself, and what they would change.

Pure: passages, a tokenizer and topics in, records out. What people save is in
:mod:`feedback_nlp.store.lexicon`. Mining, which needs NumPy, is in ``lexicon.mining`` and
not loaded here: a list of words should not wait for it.
"""

from feedback_nlp.lexicon.dictionary import (
    DictionaryLine,
    check_tag,
    check_word,
    format_line,
    parse_dictionary,
)
from feedback_nlp.lexicon.preview import NamedTopic, TouchedTopic, preview_cut, touched_topics
from feedback_nlp.lexicon.records import CutChange, CutPreview, Passage, Suggestion

__all__ = [
    "CutChange",
    "CutPreview",
    "DictionaryLine",
    "NamedTopic",
    "Passage",
    "Suggestion",
    "TouchedTopic",
    "check_tag",
    "check_word",
    "format_line",
    "parse_dictionary",
    "preview_cut",
    "touched_topics",
]
