"""The transformers behave as scikit-learn's own do, as far as its checks know texts."""

from __future__ import annotations

import pickle
import warnings
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import estimator_checks_generator

from feedback_nlp.library.estimators import (
    FeedbackVectorizer,
    SentimentTransformer,
    UnitSegmenter,
)

TEXTS = [
    "房间干净，服务很好",
    "服务很好，下次还来",
    "一直闪退，打不开",
    "打不开，闪退太多",
]
ALL = [UnitSegmenter(), SentimentTransformer(), FeedbackVectorizer(min_df=1)]

#: scikit-learn leaves its other checks out where input is no table; these look at no input.
FOR_TEXTS_TOO = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_mixin_order,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
]


def checks():
    """What scikit-learn checks of estimators that take texts; it warns that the rest is for tables."""
    for estimator in ALL:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkipTestWarning)
            found = list(estimator_checks_generator(estimator, legacy=True))
        also = [
            (clone(estimator), partial(check, type(estimator).__name__)) for check in FOR_TEXTS_TOO
        ]
        for checked, check in [*found, *also]:
            name = getattr(check, "func", check).__name__
            yield pytest.param(checked, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_units_sentiment_and_words():
    units = UnitSegmenter().fit_transform(["质量不错，客服太慢", ""])
    assert units.shape == (2,)
    assert "".join(units[0]).replace("，", "") == "质量不错客服太慢"
    felt = SentimentTransformer().transform(TEXTS)
    assert felt.shape == (4, len(SentimentTransformer().get_feature_names_out()))
    assert felt[0, 0] > felt[2, 0]
    assert SentimentTransformer().transform([]).shape == (0, 5)
    vectorizer = FeedbackVectorizer(min_df=2)
    rows = vectorizer.fit_transform(TEXTS)
    assert rows.shape == (4, len(vectorizer.get_feature_names_out()))
    assert {"闪退", "服务"} <= set(vectorizer.vocabulary_)
    assert np.array_equal(rows.toarray(), vectorizer.transform(TEXTS).toarray())
    plain = FeedbackVectorizer(min_df=2, readings=False).fit(TEXTS)
    assert len(plain.get_feature_names_out()) == len(plain.vocabulary_)


def test_they_work_in_a_pipeline_that_is_cloned_and_pickled():
    model = make_pipeline(FeedbackVectorizer(min_df=1), LogisticRegression())
    model.fit(TEXTS, [1, 1, 0, 0])
    again = pickle.loads(pickle.dumps(model))
    assert list(again.predict(["服务很好", "闪退"])) == [1, 0]
    with pytest.raises(NotFittedError):
        clone(model).predict(["好"])


@pytest.mark.parametrize("estimator", ALL, ids=lambda one: type(one).__name__)
def test_what_is_no_sequence_of_strings_is_refused(estimator):
    for wrong in ("一段话", [1, 2], 7):
        with pytest.raises(ValueError, match="expected"):
            clone(estimator).fit(wrong)
