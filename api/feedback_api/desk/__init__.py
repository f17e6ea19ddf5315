"""The desk: where ops spends Monday morning. Pages made on the server, one module a page.

Every link, button and form works without JavaScript; with it, htmx (vendored, unchanged, see
``static/vendor``) opens rows in a drawer and re-ranks while a slider moves. Nothing is loaded
from elsewhere. Every action goes through the services that the CLI and the API use.
"""

from __future__ import annotations

from fastapi import APIRouter

from feedback_api.desk import (
    alert_page,
    data_pages,
    edge,
    feedback_edits,
    feedback_list,
    notice_pages,
    people_page,
    request_bulk,
    request_edits,
    request_evidence,
    request_list,
    request_page,
    request_together,
    sample_page,
    topic_pages,
    undoing,
    week_page,
)

__all__ = ["routers"]

_MODULES = (
    week_page,
    request_list,
    request_bulk,
    request_page,
    request_edits,
    request_evidence,
    request_together,
    undoing,  # before the topics, whose edits are named in the address
    topic_pages,
    feedback_list,
    feedback_edits,
    alert_page,
    notice_pages,
    sample_page,
    data_pages,
    people_page,
)


def routers() -> list[APIRouter]:
    """Return the routes of the desk, in the order of the menu."""
    return [edge.frame, *(module.pages for module in _MODULES)]
