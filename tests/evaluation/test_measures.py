import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from feedback_nlp.evaluation import (
    align_units,
    boundary_f1,
    boundary_figures,
    classification_report,
    expected_calibration_error,
    macro_f1,
    reliability_curve,
    wilson_interval,
)
from feedback_nlp.records import Span

labels = st.sampled_from(["neg", "neu", "pos"])


@given(st.lists(st.tuples(labels, labels), min_size=1, max_size=60))
def test_figures_equal_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    true, predicted = [a for a, _ in pairs], [b for _, b in pairs]
    report = classification_report(true, predicted, bootstrap_samples=20)
    precision, recall, f1, support = precision_recall_fscore_support(
        true, predicted, labels=list(report.labels), zero_division=0
    )
    for i, figures in enumerate(report.classes):
        assert figures.precision == pytest.approx(precision[i])
        assert figures.recall == pytest.approx(recall[i])
        assert figures.f1 == pytest.approx(f1[i])
        assert figures.support == support[i]
    assert report.macro_f1 == pytest.approx(macro_f1(true, predicted))
    subset = ["neg", "pos"]
    assert macro_f1(true, predicted, subset) == pytest.approx(
        f1_score(true, predicted, labels=subset, average="macro", zero_division=0)
    )


def test_intervals_hold_the_figure_and_narrow_with_more_rows() -> None:
    true = ["pos", "neg", "pos", "neg", "pos"] * 4
    predicted = ["pos", "neg", "neg", "neg", "pos"] * 4
    small = classification_report(true, predicted)
    large = classification_report(true * 30, predicted * 30)
    for report in (small, large):
        low, high = report.macro_f1_interval
        assert low <= report.macro_f1 <= high
    assert large.macro_f1_interval[1] - large.macro_f1_interval[0] < (
        small.macro_f1_interval[1] - small.macro_f1_interval[0]
    )


def test_confusion_rows_are_true_and_columns_predicted() -> None:
    report = classification_report(["bug", "bug", "praise"], ["bug", "praise", "praise"])
    assert report.labels == ("bug", "praise")
    assert report.confusion == ((1, 1), (0, 1))


@pytest.mark.parametrize(
    ("true", "predicted", "names"),
    [(["a"], [], None), ([], [], None), (["a"], ["b"], ["a"])],
)
def test_unusable_labels_are_refused(
    true: list[str], predicted: list[str], names: list[str] | None
) -> None:
    with pytest.raises(ValueError, match="got"):
        classification_report(true, predicted, labels=names)


def test_wilson_interval_of_known_shares() -> None:
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(0, 60)[1] == pytest.approx(0.0602, abs=1e-4)


def test_calibration_error_is_zero_when_confidence_is_the_share_of_hits() -> None:
    assert expected_calibration_error([0.75] * 4, [True, True, True, False]) == 0
    assert expected_calibration_error([0.9] * 10, [False] * 10) == pytest.approx(0.9)
    assert expected_calibration_error([], []) == 0


def test_reliability_curve_accounts_for_every_row() -> None:
    curve = reliability_curve([0.0, 0.1, 0.5, 1.0], [False, True, True, True], bins=2)
    assert [entry.count for entry in curve] == [3, 1]
    assert curve[0].accuracy == pytest.approx(2 / 3)


def test_confidence_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        expected_calibration_error([1.2], [True])


def test_unit_ends_agree_within_the_tolerance_and_once_each() -> None:
    gold = [[Span(0, 5), Span(6, 12)]]
    assert boundary_f1(gold, [[Span(0, 4), Span(6, 12)]]) == 1
    assert boundary_f1(gold, [[Span(0, 12)]]) == pytest.approx(2 / 3)
    figures = boundary_figures(gold, [[Span(0, 4), Span(5, 6), Span(7, 12)]])
    assert (figures.matched, figures.predicted, figures.gold) == (2, 3, 2)


def test_inner_ends_leave_out_the_end_of_the_text() -> None:
    gold = [[Span(0, 5), Span(6, 12)], [Span(0, 3)]]
    whole = [[Span(0, 12)], [Span(0, 3)]]
    assert boundary_figures(gold, whole, inner_only=True).f1 == 0
    assert boundary_figures(gold, gold, inner_only=True).f1 == 1


def test_units_align_by_largest_overlap() -> None:
    gold = [Span(0, 5), Span(6, 12), Span(20, 22)]
    assert align_units(gold, [Span(0, 7), Span(7, 13)]) == [0, 1, None]
