"""feedback-nlp: a self-hosted voice-of-customer engine for Chinese feedback.

Start reading at :mod:`feedback_nlp.pipeline`, which is the only module that
knows the order of the stages. To use it from Python, see ``docs/library.md``::

    from feedback_nlp import Pipeline
    Pipeline.load().classify(["质量还行，要是能再送个小礼品就更好了"])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedback_nlp.lazily import names_of

if TYPE_CHECKING:
    from feedback_nlp.labels import Intent, Sentiment, Signal
    from feedback_nlp.library.classified import Classified, ClassifiedList
    from feedback_nlp.library.pipeline import Pipeline
    from feedback_nlp.records import Unit

__version__ = "0.1.0"

__all__ = [
    "Classified",
    "ClassifiedList",
    "Intent",
    "Pipeline",
    "Sentiment",
    "Signal",
    "Unit",
    "__version__",
]

# Loaded at first use: importing the package costs nothing.
_HOME = {
    "Classified": "library.classified",
    "ClassifiedList": "library.classified",
    "Intent": "labels",
    "Pipeline": "library.pipeline",
    "Sentiment": "labels",
    "Signal": "labels",
    "Unit": "records",
}


__getattr__ = names_of(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
