import pytest

from feedback_nlp.errors import InputError
from feedback_nlp.evaluation.assessment import assess
from feedback_nlp.evaluation.labelled import (
    LabelledText,
    LabelledUnit,
    find_columns,
    parse_row,
)
from feedback_nlp.labels import Intent, Sentiment
from feedback_nlp.records import Span, Understanding, Unit


def reading(text: str, *units: tuple[int, int, Sentiment, Intent, float]) -> Understanding:
    made = tuple(
        Unit(start, end, text[start:end], feeling, 0.0, intent, sure, sure)
        for start, end, feeling, intent, sure in units
    )
    score = {Sentiment.POS: 0.8, Sentiment.NEG: -0.8, Sentiment.NEU: -0.1, Sentiment.MIXED: 0.1}
    feeling = made[0].sentiment if len(made) == 1 else Sentiment.MIXED
    return Understanding(feeling, score[feeling], made[0].intent, made)


NEG, POS, NEU = Sentiment.NEG, Sentiment.POS, Sentiment.NEU
BUG, PRAISE = Intent.BUG, Intent.PRAISE


def test_columns_are_recognised_by_their_usual_names() -> None:
    columns = find_columns(["编号", "评论内容", "情感", "意图"])
    assert (columns.text, columns.sentiment, columns.intent, columns.units) == (
        "评论内容",
        "情感",
        "意图",
        None,
    )


@pytest.mark.parametrize(
    ("names", "named", "message"),
    [
        (["a", "sentiment"], {}, "找不到文本列"),
        (["text", "b"], {}, "找不到标注列"),
        (["text", "sentiment"], {"intent": "类别"}, "没有名为 类别 的列"),
    ],
)
def test_columns_that_are_not_there_are_named(
    names: list[str], named: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        find_columns(names, **named)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("负面", NEG),
        ("POS", POS),
        ("1", POS),
        (0, NEG),
        (1.0, POS),
        ("褒贬都有", Sentiment.MIXED),
        ("", None),
        (None, None),
    ],
)
def test_labels_are_read_as_people_write_them(word: object, expected: Sentiment | None) -> None:
    columns = find_columns(["text", "label"])
    assert parse_row(2, {"text": "好", "label": word}, columns).sentiment == expected


@pytest.mark.parametrize(
    "values",
    [
        {"text": "好", "label": "随便"},
        {"text": "好", "label": "pos", "units": [{"start": 0, "end": 9}]},
        {"text": "好", "label": "pos", "units": "不是 JSON"},
    ],
)
def test_a_label_that_is_not_understood_names_its_line(values: dict[str, object]) -> None:
    columns = find_columns(["text", "label", "units"])
    with pytest.raises(InputError, match="第 7 行"):
        parse_row(7, values, columns)


def test_sentiment_intent_and_calibration_of_a_file() -> None:
    items = [
        LabelledText(2, "好用", POS, PRAISE),
        LabelledText(3, "闪退", NEG, BUG),
        LabelledText(4, "一般", NEU, Intent.OTHER),
    ]
    readings = [
        reading("好用", (0, 2, POS, PRAISE, 0.9)),
        reading("闪退", (0, 2, POS, BUG, 0.7)),
        reading("一般", (0, 2, NEU, Intent.OTHER, 0.6)),
    ]
    found = {part.name: part for part in assess(items, readings).parts}
    sentiment = found["sentiment"]
    assert sentiment.report.accuracy == pytest.approx(2 / 3)
    assert sentiment.calibrated_count == 3
    assert sentiment.calibration_error == pytest.approx((0.1 + 0.7 + 0.4) / 3)
    assert [(wrong.line, wrong.true, wrong.predicted) for wrong in sentiment.mistakes] == [
        (3, "neg", "pos")
    ]
    assert found["intent"].report.accuracy == 1


def test_a_binary_file_is_judged_by_the_sign_of_the_score() -> None:
    items = [LabelledText(1, "一般般吧", NEG), LabelledText(2, "好用", POS)]
    readings = [
        reading("一般般吧", (0, 4, NEU, Intent.OTHER, 0.5)),
        reading("好用", (0, 2, POS, PRAISE, 0.9)),
    ]
    (part,) = assess(items, readings).parts
    assert part.binary
    assert part.report.labels == ("neg", "pos")
    assert part.report.accuracy == 1


def test_units_are_compared_with_those_that_overlap_most() -> None:
    text = "好看，但闪退"
    units = (
        LabelledUnit(Span(0, 2), POS, PRAISE),
        LabelledUnit(Span(3, 6), NEG, BUG),
    )
    found = assess(
        [LabelledText(1, text, units=units)],
        [reading(text, (0, 2, POS, PRAISE, 0.9), (3, 6, NEG, Intent.COMPLAINT, 0.8))],
    )
    parts = {part.name: part for part in found.parts}
    assert parts["unit_sentiment"].report.accuracy == 1
    assert parts["unit_intent"].report.accuracy == 0.5
    assert found.boundaries is not None
    assert found.boundaries.f1 == 1
