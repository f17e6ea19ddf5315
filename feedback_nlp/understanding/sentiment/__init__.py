"""Sentiment of units and of whole feedback, behind a port of one method."""

from feedback_nlp.understanding.sentiment.scorer import (
    SENTIMENTS,
    LinearSentiment,
    SentimentScorer,
    load_sentiment,
)

__all__ = [
    "SENTIMENTS",
    "LinearSentiment",
    "SentimentScorer",
    "load_sentiment",
]
