from __future__ import annotations

import time

import pytest

from feedback_nlp.outlets.client import Client, NotReached, Unanswered
from tests.outlets.local_server import Reply, Sink


def client(sink: Sink, **limits: float) -> Client:
    return Client(allow_local={sink.allowed}, **limits)  # type: ignore[arg-type]


def test_a_request_arrives_as_it_was_given(sink: Sink) -> None:
    answer = client(sink).request("POST", sink.url + "?a=1", b"\xe5\xa5\xbd", {"X-Mark": "1"})
    (got,) = sink.received
    assert answer.status == 200
    assert (got.method, got.path, got.body) == ("POST", "/hook?a=1", b"\xe5\xa5\xbd")
    assert got.headers["x-mark"] == "1"
    assert got.headers["host"] == sink.allowed


def test_redirects_are_not_followed(sink: Sink) -> None:
    sink.replies = [Reply(302, headers={"Location": f"http://127.0.0.1:{sink.port}/else"})]
    assert client(sink).request("POST", sink.url, b"").status == 302
    assert len(sink.received) == 1


def test_a_large_answer_is_cut(sink: Sink) -> None:
    sink.replies = [Reply(body=b"x" * 100_000)]
    answer = client(sink, max_answer_bytes=1_000).request("POST", sink.url, b"")
    assert (len(answer.body), answer.is_whole) == (1_000, False)


def test_a_server_that_drips_is_cut_off(sink: Sink) -> None:
    sink.replies = [Reply(drip=True)]
    started = time.monotonic()
    with pytest.raises(Unanswered):
        client(sink, total_seconds=0.3).request("POST", sink.url, b"")
    assert time.monotonic() - started < 20  # it would never end by itself


@pytest.mark.parametrize("reply", [Reply(cut=True), Reply(half=True)])
def test_a_cut_connection_is_no_answer(sink: Sink, reply: Reply) -> None:
    sink.replies = [reply]
    with pytest.raises(Unanswered):
        client(sink).request("POST", sink.url, b"")


def test_a_closed_port_was_not_reached(sink: Sink) -> None:
    free = Client(allow_local={"127.0.0.1:1"})
    with pytest.raises(NotReached):
        free.request("POST", "http://127.0.0.1:1/", b"")
