"""The deep reader: a small transformer that reads whole sentences.

Its runtime is an extra (``pip install 'feedback-nlp[deep]'``); nothing here imports it before
a model is loaded.
"""

from importlib.util import find_spec

from feedback_nlp.resources import model_folder
from feedback_nlp.understanding.deep.reader import DeepReader

__all__ = ["DeepReader", "deep_is_installed"]


def deep_is_installed() -> bool:
    """Tell whether both the runtime and the model of the deep reader are there."""
    has_model = (model_folder("deep") / "manifest.json").is_file()
    return has_model and find_spec("onnxruntime") is not None
