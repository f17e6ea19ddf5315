"""Builds the namer that the configuration names."""

from __future__ import annotations

import os
from collections.abc import Mapping

from feedback_nlp.config import NamingConfig
from feedback_nlp.errors import ConfigError
from feedback_nlp.llm_naming.llm import LlmNamer
from feedback_nlp.openai_service import OpenAIService, Purpose

PURPOSE = Purpose("命名服务", "naming", "FEEDBACK_LLM_API_KEY", fallback="off")
_ATTEMPTS = 3


def load_namer(
    config: NamingConfig, environment: Mapping[str, str] | None = None
) -> LlmNamer | None:
    """Build the configured namer, or ``None`` if naming is off; sends nothing.

    Args:
        config: The ``[naming]`` section.
        environment: Where the API key is looked up; the process's own by default.

    Raises:
        ConfigError: If the model or the address is missing or unusable.
    """
    if config.backend == "off":
        return None
    if not config.model:
        raise ConfigError("没有写明命名服务的模型", hint='在 [naming] 里写 model = "模型名"')
    api_key = PURPOSE.key(os.environ if environment is None else environment)
    service = OpenAIService(config.base_url, api_key, purpose=PURPOSE, attempts=_ATTEMPTS)
    return LlmNamer(service, config.model)
