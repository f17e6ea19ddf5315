"""The desk: where ops spends Monday morning. Pages made on the server, one module a page.

Every link, button and form works without JavaScript; with it, htmx (vendored, unchanged, see
``static/vendor``) opens rows in a drawer and re-ranks while a slider moves. Nothing is loaded
from elsewhere. Every action goes through the services that the CLI and the API use.
"""

from __future__ import annotations

from fastapi import APIRouter

from feedback_api.desk import (
    edge,
    feedback_edits,
    feedback_list,
    request_edits,
    request_list,
    request_page,
    undoing,
    week_page,
)

__all__ = ["routers"]


def routers() -> list[APIRouter]:
    """Return the routes of the desk, in the order of the menu."""
    return [
        edge.frame,
        week_page.pages,
        feedback_list.pages,
        feedback_edits.pages,
        request_list.pages,
        request_page.pages,
        request_edits.pages,
        undoing.pages,
    ]
