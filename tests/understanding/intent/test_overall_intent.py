"""Intent of a whole feedback: what asks most of the team."""

import numpy as np
import pytest

from feedback_nlp.understanding.intent import INTENTS, overall_intent


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (["praise", "bug"], "bug"),
        (["praise", "feature"], "feature"),
        (["complaint", "bug", "feature"], "bug"),
        (["other", "praise"], "praise"),
        (["question", "praise"], "question"),
        (["other"], "other"),
        ([], "other"),
    ],
)
def test_the_most_demanding_unit_decides(units: list[str], expected: str):
    intents = np.array([[*map(str, INTENTS)].index(unit) for unit in units], dtype=np.int64)
    (label,) = overall_intent(intents, np.array([len(units)]))
    assert INTENTS[label] == expected


def test_each_feedback_sees_its_own_units():
    members = [*map(str, INTENTS)]
    intents = np.array([members.index("praise"), members.index("bug"), members.index("praise")])
    labels = overall_intent(intents, np.array([1, 0, 2]))
    assert [INTENTS[label].value for label in labels] == ["praise", "other", "bug"]
