"""What the team says about a request among itself. Reporters never see it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.clean.characters import one_line
from feedback_nlp.clean.preparation import prepare
from feedback_nlp.clean.pseudonyms import Pseudonymizer
from feedback_nlp.errors import Conflict, InputError, NotFound
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import get_request
from feedback_nlp.store.tables import FeatureRequest, RequestComment

MAX_COMMENT = 5_000
"""Characters."""


def add_comment(
    session: Session,
    key: str,
    text: str,
    *,
    actor: str,
    now: datetime,
    pseudonymizer: Pseudonymizer,
) -> tuple[bool, RequestComment]:
    """Add a comment, redacted; the same words again, by who spoke last, are a double click.

    A comment leaves the version of the request alone: nobody who edits it is in the way.

    Args:
        session: The writing session; nothing is committed.
        key: Which request.
        text: 1–5,000 characters; telephone numbers and the like are replaced.
        actor: Who says it.
        now: Time of the event.
        pseudonymizer: As for feedback, so that the same value has the same stand-in.

    Returns:
        Whether it was added, and the comment.

    Raises:
        NotFound: If there is no such request.
        InputError: If the actor is missing or the text is empty or too long.
    """
    actor = one_line(actor)
    if not actor:
        raise InputError("没有写是谁说的", reason="no-actor")
    if not 0 < len(text.strip()) <= MAX_COMMENT:
        raise InputError(f"评论写了 {len(text.strip())} 个字", hint=f"要 1–{MAX_COMMENT} 个字")
    said = prepare(text, pseudonymizer).text
    if not said:
        raise InputError("评论里没有可存的文字", hint="写几个字，不要只有标签或控制字符")
    hold_requests(session)
    request = get_request(session, key)
    last = comments_of(session, request)[-1:]
    if last and (last[0].actor, last[0].text) == (actor, said):
        return False, last[0]
    comment = RequestComment(request_id=id_of(request), actor=actor, text=said, happened_at=now)
    session.add(comment)
    session.flush()
    return True, comment


def take_back_comment(session: Session, key: str, comment_id: int, *, actor: str) -> None:
    """Take a comment back: only who said it can, and it is gone.

    Args:
        session: The writing session; nothing is committed.
        key: Which request.
        comment_id: Which comment.
        actor: Who takes it back.

    Raises:
        NotFound: If there is no such request, or no such comment on it.
        Conflict: If somebody else said it.
    """
    hold_requests(session)
    request = get_request(session, key)
    comment = session.get(RequestComment, comment_id)
    if comment is None or comment.request_id != request.id:
        raise NotFound(f"{request.key} 没有这条评论", hint="它可能已经收回了")
    if comment.actor != one_line(actor):
        raise Conflict(f"这句是 {comment.actor} 说的", hint="只有说的人能收回")
    session.delete(comment)
    session.flush()


def comments_of(session: Session, request: FeatureRequest) -> list[RequestComment]:
    """Return the comments on a request, oldest first."""
    return list(
        session.scalars(
            select(RequestComment)
            .where(col(RequestComment.request_id) == id_of(request))
            .order_by(col(RequestComment.id))
        )
    )
