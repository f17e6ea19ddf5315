"""The deep reader: a small transformer that reads whole sentences.

Its runtime is an extra (``pip install 'feedback-nlp[deep]'``). This file loads nothing, so that
whether it can be had is told without it.
"""

from importlib.util import find_spec

from feedback_nlp.resources import model_folder

__all__ = ["deep_is_installed"]


def deep_is_installed() -> bool:
    """Tell whether both the runtime and the model of the deep reader are there."""
    has_model = (model_folder("deep") / "manifest.json").is_file()
    return has_model and find_spec("onnxruntime") is not None
