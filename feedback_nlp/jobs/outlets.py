"""Loads the outlets that the settings name."""

from __future__ import annotations

import os
from collections.abc import Mapping

from feedback_nlp.errors import ConfigError
from feedback_nlp.outlets.config import Outlets, read_outlets
from feedback_nlp.settings import Settings


def load_outlets(settings: Settings, environment: Mapping[str, str] | None = None) -> Outlets:
    """Return the configured outlets; none if ``FEEDBACK_OUTLETS`` is not set.

    Raises:
        ConfigError: If the file cannot be read or is not usable.
    """
    text = ""
    if settings.outlets is not None:
        try:
            text = settings.outlets.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"读不了出口配置 {settings.outlets}", hint="检查 FEEDBACK_OUTLETS 的路径和权限"
            ) from error
    return read_outlets(
        text,
        allow_local=settings.outgoing_allow,
        environment=os.environ if environment is None else environment,
    )
