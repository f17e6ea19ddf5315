"""The engine that workers share is used only while it is what they would load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# In a process of its own: being imported makes the fork server of the process that imports it.
_ASK = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from feedback_nlp.batch import scorer, warm
from feedback_nlp.config import load_config
from feedback_nlp.labels import Depth
config = load_config()
"""


def ask(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _ASK + program], check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("wanted", "ready"),
    [
        ("config, Depth.FAST", "True"),
        ("config, Depth.DEEP", "False"),
        ("config.model_copy(update={'version': 'own'}), Depth.FAST", "False"),
    ],
)
def test_another_analysis_is_loaded_by_the_worker(wanted, ready):
    assert ask(f"print(scorer.ready_engine({wanted}) is not None)") == ready


def test_models_trained_meanwhile_are_loaded_by_the_worker():
    changed = """
warm.version_of = lambda folder: "0123456789ab"
print(scorer.ready_engine(config, Depth.FAST) is None)
"""
    assert ask(changed) == "True"


def test_arrow_makes_arrays_without_pandas():
    program = """
import pyarrow
pyarrow.array(["闪退"])
print("pandas" in sys.modules)
"""
    assert ask(program) == "False"
