"""A unit that covers the whole of a feedback, for tests that do not care how it was read."""

from feedback_nlp.store.tables import Feedback, FeedbackUnit


def whole_unit(feedback: Feedback, topic_id: int | None = None) -> FeedbackUnit:
    return FeedbackUnit(
        feedback_id=feedback.id or 0,
        position=0,
        start=0,
        end=len(feedback.text),
        sentiment="neg",
        sentiment_score=-1,
        sentiment_confidence=1,
        intent="bug",
        intent_confidence=1,
        topic_id=topic_id,
    )
