"""The demo's people are told: through a signed webhook, at a receiver on this machine.

The receiver stands in for the system that answers users, such as 兔小巢. It listens on a free
port of the loopback address, reads the head and the body of each request, and counts ids: a
message that came twice would show. Nothing leaves the machine.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from feedback_nlp.errors import StoreError
from feedback_nlp.jobs.delivering import deliver_now
from feedback_nlp.jobs.notices import send_notices
from feedback_nlp.labels import NoticeStatus, ReporterStatus
from feedback_nlp.outlets.config import Outlets, read_outlets
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.notice_words import set_route
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Notice, Source

_OUTLET = "reply"
# The receiver lives as long as the demo and checks nothing: this one may be known.
_SECRET = "whsec_ZGVtbyBvZiBmZWVkYmFjay1ubHAsIG5vIHNlY3JldA=="  # noqa: S105
_FILE = """
[outlets.{name}]
channel = "webhook"
url = "{url}"
secrets = ["{secret}"]
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the people behind one request were told.

    Attributes:
        key, title: Of the request.
        status: What they were told.
        sent: Messages that the outbox knows as sent.
        received: Different messages that the receiver counted.
        repeated: Requests that came again under an id it knew.
        superseded: Messages of an older status that had not left and never will.
        unreachable: People who could not be told, by reason.
    """

    key: str
    title: str
    status: ReporterStatus
    sent: int
    received: int
    repeated: int
    superseded: int
    unreachable: dict[str, int]


@contextmanager
def counting_receiver() -> Iterator[tuple[str, Counter[str]]]:
    """Yield the address of a receiver on this machine, and what it counts by ``webhook-id``.

    Raises:
        StoreError: If this machine lets nobody listen on its loopback address.
    """
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with lock:
                counts[self.headers.get("webhook-id", "")] += 1
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing: the demo tells the sum."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    except OSError as error:
        raise StoreError("本机不能监听 127.0.0.1，演示的通知发不出去") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/reply", counts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def reply_outlet(url: str) -> Outlets:
    """Return the one outlet that answers the demo's people."""
    return read_outlets(
        _FILE.format(name=_OUTLET, url=url, secret=_SECRET),
        allow_local=url.split("/")[2],
        environment={},
    )


def answer_everybody(database: Database) -> None:
    """Let the outlet answer the people of every source."""
    with database.write() as session:
        for name in session.scalars(select(col(Source.name))).all():
            set_route(session, name, _OUTLET)


def tell(
    database: Database,
    key: str,
    outlets: Outlets,
    counts: Counter[str],
    *,
    zone: ZoneInfo,
    now: datetime,
) -> Told:
    """Tell everybody who asked for a request what became of it, and count what arrived."""
    before, requests_before = len(counts), counts.total()
    with database.write() as session:
        wish = send_notices(session, key, outlets, zone=zone, now=now)
    deliver_now(database, outlets, now=lambda: now)
    with database.read() as session:
        request = get_request(session, key)
        notices = session.scalars(select(Notice).where(Notice.request_id == request.id)).all()
        superseded = sum(one.status == NoticeStatus.SUPERSEDED.value for one in notices)
        sent = sum(one.status == NoticeStatus.SENT.value for one in notices)
        status = ReporterStatus(request.reporter_status)
        title = request.title
    received = len(counts) - before
    repeated = counts.total() - requests_before - received
    return Told(key, title, status, sent, received, repeated, superseded, wish.unreachable)
