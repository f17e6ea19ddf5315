"""Optional: names for topics from a language model behind an OpenAI-compatible endpoint.

Off by default. What it says is a proposal: it is checked, marked and replaceable, and
nothing depends on it.
"""

from feedback_nlp.llm_naming.llm import LlmNamer, NamingTask
from feedback_nlp.llm_naming.loading import load_namer

__all__ = ["LlmNamer", "NamingTask", "load_namer"]
