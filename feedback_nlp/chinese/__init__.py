"""The shared kernel of Chinese text below the stages: character folding and tokens.

Every stage may import it; it imports no stage.
"""

from feedback_nlp.chinese.fold import fold, fold_batch
from feedback_nlp.chinese.tokenizer import Tokenizer, default_tokenizer

__all__ = ["Tokenizer", "default_tokenizer", "fold", "fold_batch"]
