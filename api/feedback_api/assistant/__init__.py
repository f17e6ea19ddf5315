"""Assistants ask the engine by the Model Context Protocol (extra ``[mcp]``).

Each tool is a question to the HTTP API, so an answer's numbers are the API's own, its keys are
the API's keys, and its limits too. ``calls`` asks, ``tools`` says what may be asked, ``server``
speaks the protocol.
"""

from feedback_api.assistant.calls import Api
from feedback_api.assistant.server import build_server, http_app

__all__ = ["Api", "build_server", "http_app"]
