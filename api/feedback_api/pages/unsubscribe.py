"""``/unsubscribe/TICKET``: the way out of every e-mail, for people who have no account here.

The ticket is the right: it was sealed for one person and names them to nobody but this service.
Opening the page changes nothing, since mail scanners open links; the button, or the one click of
a mail program (RFC 8058), does.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from feedback_api.pages import templates
from feedback_api.services import Services, ServicesDep
from feedback_nlp.requests.notice_list import refuse_person
from feedback_nlp.store.contacts import Sealer
from feedback_nlp.store.keys import deployment_secret, fingerprint_kept

router = APIRouter(include_in_schema=False)
_ACTOR = "本人"
Ticket = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,300}$")]


@router.get("/unsubscribe/{ticket}", response_class=HTMLResponse)
def show_unsubscribe(request: Request, services: ServicesDep, ticket: Ticket) -> HTMLResponse:
    """退订页：打开不改变什么。"""
    person = _person(services, ticket)
    return _page(request, "ask" if person else "unknown", status=200 if person else 404)


@router.post("/unsubscribe/{ticket}", response_class=HTMLResponse)
def unsubscribe(request: Request, services: ServicesDep, ticket: Ticket) -> HTMLResponse:
    """退订：不再通知这个人，删掉留下的邮箱。"""
    person = _person(services, ticket)
    if person is None:
        return _page(request, "unknown", status=404)
    with services.database.write() as session:
        refuse_person(session, person, actor=_ACTOR, now=services.now())
    return _page(request, "done")


def _person(services: Services, ticket: str) -> str | None:
    with services.database.read() as session:
        if not fingerprint_kept(session):
            return None  # nothing was ever sealed here
        key = deployment_secret(session, services.settings.plain_secret)
    return Sealer(key).person_of(ticket)


def _page(request: Request, what: str, *, status: int = 200) -> HTMLResponse:
    page = templates.get_template("unsubscribe.html").render(what=what, here=request.url.path)
    return HTMLResponse(page, status_code=status)
