"""Warning signs in feedback: anger, leaving, severe harm, sarcasm, stars that disagree."""

from feedback_nlp.understanding.signals.detector import detect, detect_batch, rating_conflicts

__all__ = ["detect", "detect_batch", "rating_conflicts"]
