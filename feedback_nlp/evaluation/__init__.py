"""Measures of quality: pure functions over labels, probabilities and spans."""

from feedback_nlp.evaluation.calibration import (
    ReliabilityBin,
    expected_calibration_error,
    reliability_curve,
)
from feedback_nlp.evaluation.classification import (
    ClassFigures,
    ClassificationReport,
    classification_report,
    macro_f1,
    wilson_interval,
)
from feedback_nlp.evaluation.units import (
    BoundaryFigures,
    align_units,
    boundary_f1,
    boundary_figures,
)

__all__ = [
    "BoundaryFigures",
    "ClassFigures",
    "ClassificationReport",
    "ReliabilityBin",
    "align_units",
    "boundary_f1",
    "boundary_figures",
    "classification_report",
    "expected_calibration_error",
    "macro_f1",
    "reliability_curve",
    "wilson_interval",
]
