"""Intent of units and of whole feedback, behind a port of one method."""

from feedback_nlp.understanding.intent.classifier import (
    INTENTS,
    IntentClassifier,
    LinearIntent,
    load_intent,
)
from feedback_nlp.understanding.intent.overall import overall_intent

__all__ = ["INTENTS", "IntentClassifier", "LinearIntent", "load_intent", "overall_intent"]
