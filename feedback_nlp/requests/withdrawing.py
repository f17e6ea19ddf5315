"""A request that is taken back as if it had never been made; its number is not given again."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, select
from sqlmodel import Session, SQLModel, col

from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.moving import remember_number
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Notice,
    RequestComment,
    RequestEdit,
    RequestLink,
    StatusEvent,
)


def is_as_born(session: Session, request: FeatureRequest) -> bool:
    """Tell whether nothing but its birth happened to a request, and nothing points to it."""
    id_ = id_of(request)
    happened: dict[type[SQLModel], ColumnElement[bool]] = {
        RequestEdit: col(RequestEdit.request_id) == id_,
        RequestComment: col(RequestComment.request_id) == id_,
        Notice: col(Notice.request_id) == id_,
        FeatureRequest: col(FeatureRequest.duplicate_of_key) == request.key,
        RequestLink: (col(RequestLink.request_id) == id_) | (col(RequestLink.other_id) == id_),
    }
    steps = select(func.count()).where(col(StatusEvent.request_id) == id_)
    return session.scalar(steps) == 1 and not any(
        session.scalar(select(func.count()).select_from(table).where(condition))
        for table, condition in happened.items()
    )


def withdraw_request(session: Session, request: FeatureRequest) -> None:
    """Take a request out with its evidence and its steps; nothing else may belong to it."""
    remember_number(session, request.key)
    session.execute(delete(Evidence).where(col(Evidence.request_id) == id_of(request)))
    session.execute(delete(StatusEvent).where(col(StatusEvent.request_id) == id_of(request)))
    session.delete(request)
    session.flush()
