"""The shared kernel of Chinese text below the stages: character folding and tokens.

Every stage may import it; it imports no stage.
"""

from feedback_nlp.chinese.fold import fold, fold_batch
from feedback_nlp.chinese.simplified import simplified_words
from feedback_nlp.chinese.tokenizer import (
    DictionaryWord,
    Tokenizer,
    default_tokenizer,
    tokenizer_with,
)

__all__ = [
    "DictionaryWord",
    "Tokenizer",
    "default_tokenizer",
    "fold",
    "fold_batch",
    "simplified_words",
    "tokenizer_with",
]
