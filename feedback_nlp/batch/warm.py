"""The shipped analysis, loaded once in the process that workers are copies of.

Imported by the fork server alone: every worker then has models and tables without reading
them again, and shares their memory. A worker asks whether they are still what it should use:
a service lives for weeks, and models may be trained anew meanwhile.
"""

from __future__ import annotations

import gc

from feedback_nlp.artifacts import version_of
from feedback_nlp.batch import scorer
from feedback_nlp.batch.no_pandas import hide_pandas
from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.errors import FeedbackError
from feedback_nlp.labels import Depth
from feedback_nlp.resources import model_folder
from feedback_nlp.understanding.engine import Engine

_SAMPLE = (
    "打开就闪退，客服态度也差。This is 100% 好用！"  # builds every table that first use builds
)


def _load() -> tuple[PipelineConfig, Engine] | None:
    try:
        config = load_config()
        engine = Engine.load(config)
        engine.understand([_SAMPLE])
    except FeedbackError:
        return None  # the worker that needs it says why
    return config, engine


def engine_for(config: PipelineConfig, depth: Depth) -> Engine | None:
    """Return the loaded engine if it is what the configuration asks for, else ``None``."""
    if _loaded is None or depth is not Depth.FAST or _loaded[0] != config:
        return None
    engine = _loaded[1]
    now = {task: version_of(model_folder(task)) for task in engine.versions}
    return engine if now == engine.versions else None


hide_pandas()
_loaded = _load()
scorer.ready_engine = engine_for
gc.collect()
gc.freeze()  # the collector would touch every object, and the pages would be shared no more
