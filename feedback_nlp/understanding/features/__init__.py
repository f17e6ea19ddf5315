"""Hashed character n-grams of a whole batch, and the encoder that reads them.

A kernel below the stages, like :mod:`feedback_nlp.chinese`: sentiment and intent share
one encoding, so that reading a unit twice costs once.
"""

from feedback_nlp.understanding.features.batch import UnitBatch
from feedback_nlp.understanding.features.encoder import (
    Encoded,
    NgramEncoder,
    load_encoder,
    quantize,
)
from feedback_nlp.understanding.features.hashing import NgramHasher, NgramIndex
from feedback_nlp.understanding.features.head import SoftmaxHead, softmax

__all__ = [
    "Encoded",
    "NgramEncoder",
    "NgramHasher",
    "NgramIndex",
    "SoftmaxHead",
    "UnitBatch",
    "load_encoder",
    "quantize",
    "softmax",
]
