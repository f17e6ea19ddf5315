"""The shipped configuration, reading fast: for tests that try something else than reading."""

from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.labels import Depth


def fast_config() -> PipelineConfig:
    """Return it; ``analyze`` reads deeply by default, at a hundredth of the speed."""
    config = load_config()
    reading = config.reading.model_copy(update={"depth": Depth.FAST})
    return config.model_copy(update={"reading": reading})
