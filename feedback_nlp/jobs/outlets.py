"""Loads the outlets and inlets that the settings name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from feedback_nlp.errors import ConfigError
from feedback_nlp.inlets.config import Inlets, read_inlets
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.config import Outlets, read_outlets
from feedback_nlp.pulls.config import Pull, read_pulls
from feedback_nlp.settings import Settings


def load_outlets(settings: Settings, environment: Mapping[str, str] | None = None) -> Outlets:
    """Return the configured outlets; none if ``FEEDBACK_OUTLETS`` is not set.

    Raises:
        ConfigError: If the file cannot be read or is not usable.
    """
    return read_outlets(
        _text(settings.outlets, "FEEDBACK_OUTLETS"),
        allow_local=settings.outgoing_allow,
        environment=os.environ if environment is None else environment,
    )


def load_inlets(settings: Settings, environment: Mapping[str, str] | None = None) -> Inlets:
    """Return the configured inlets; none if ``FEEDBACK_INLETS`` is not set.

    Raises:
        ConfigError: If the file cannot be read or is not usable.
    """
    return read_inlets(
        _text(settings.inlets, "FEEDBACK_INLETS"),
        environment=os.environ if environment is None else environment,
    )


def load_pulls(settings: Settings, environment: Mapping[str, str] | None = None) -> dict[str, Pull]:
    """Return what is to be pulled; nothing if ``FEEDBACK_INLETS`` is not set.

    Raises:
        ConfigError: If the file cannot be read or is not usable.
    """
    load_inlets(settings, environment)  # says what is wrong with the file as a whole
    return read_pulls(
        _text(settings.inlets, "FEEDBACK_INLETS"),
        environment=os.environ if environment is None else environment,
    )


def pull_client(settings: Settings) -> Client:
    """Return careful HTTP with this deployment's exceptions."""
    allowed = [one.strip() for one in settings.outgoing_allow.split(",") if one.strip()]
    return Client(allow_local=frozenset(allowed))


def _text(path: Path | None, variable: str) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"读不了配置 {path}", hint=f"检查 {variable} 的路径和权限") from error
