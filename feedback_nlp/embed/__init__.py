"""Embeddings: texts to vectors, behind one port.

``static`` is the shipped default; ``svd`` needs no model at all; ``sentence-transformers``
and ``openai`` plug in what a company already runs. Imports no other stage.
"""

from feedback_nlp.embed.loading import load_embedder
from feedback_nlp.embed.port import Embedder

__all__ = ["Embedder", "load_embedder"]
