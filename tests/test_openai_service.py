"""The transport, against a real server on the loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feedback_nlp.errors import ConfigError
from feedback_nlp.openai_service import OpenAIService, Purpose
from tests.embed.embedding_service import Service, running_service

PURPOSE = Purpose("命名服务", "naming", "FEEDBACK_LLM_API_KEY", fallback="off")
KEY = "sk-only-for-this-test"
BODY = {"model": "m", "messages": [{"role": "system"}, {"role": "user", "content": "问"}]}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with running_service() as running:
        yield running


def connect(base_url: str, api_key: str = "", pauses: list[float] | None = None) -> OpenAIService:
    return OpenAIService(
        base_url,
        api_key,
        purpose=PURPOSE,
        attempts=3,
        sleep=([] if pauses is None else pauses).append,
    )


def test_sends_json_with_the_key_and_returns_json(server: Service) -> None:
    answer = connect(server.base_url + "/", KEY).post("/chat/completions", BODY)
    path, headers, body = server.requests[0]
    assert (path, body) == ("/v1/chat/completions", BODY)
    assert headers["authorization"] == f"Bearer {KEY}"
    assert answer["choices"][0]["message"]["content"] == "你好"


def test_half_a_character_can_be_sent(server: Service) -> None:
    connect(server.base_url).post("/embeddings", {"model": "m", "input": ["闪退\ud83d"]})
    assert server.requests[0][2]["input"] == ["闪退?"]


def test_tries_again_as_often_and_as_late_as_it_should(server: Service) -> None:
    pauses: list[float] = []
    server.faults[:] = [503, 429]
    connect(server.base_url, pauses=pauses).post("/chat/completions", BODY)
    assert pauses == [0.5, 1.0]
    server.faults[:] = [503] * 9
    with pytest.raises(ConfigError, match=r"命名服务 .* 试了 3 次.*\[naming\] 的 backend 改回 off"):
        connect(server.base_url).post("/chat/completions", BODY)
    assert len(server.faults) == 6


@pytest.mark.parametrize("asked", ["later", "-1", "²", "1.5"])
def test_a_pause_that_is_no_whole_number_is_ignored(server: Service, asked: str) -> None:
    pauses: list[float] = []
    server.retry_after = asked
    server.faults[:] = [429]
    connect(server.base_url, pauses=pauses).post("/chat/completions", BODY)
    assert pauses == [0.5]


@pytest.mark.parametrize(
    ("status", "words"), [(401, "FEEDBACK_LLM_API_KEY"), (404, "模型名"), (302, "302")]
)
def test_a_refusal_says_where_to_look_and_is_final(
    server: Service, status: int, words: str
) -> None:
    server.faults[:] = [status]
    with pytest.raises(ConfigError, match=words) as caught:
        connect(server.base_url, KEY).post("/chat/completions", BODY)
    assert len(server.requests) == 1
    assert KEY not in str(caught.value)


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match=r"命名服务的地址是 'ftp://x'.*\[naming\]"):
        connect("ftp://x")


def test_a_key_that_cannot_be_sent_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="FEEDBACK_LLM_API_KEY") as caught:
        connect("http://127.0.0.1:9/v1", f"{KEY}\nX-Other: 1")
    assert KEY not in str(caught.value)


def test_blanks_around_a_key_are_dropped() -> None:
    assert PURPOSE.key({"FEEDBACK_LLM_API_KEY": f" {KEY}\n"}) == KEY
    assert PURPOSE.key({}) == ""


def test_an_answer_nested_without_end_is_refused(server: Service) -> None:
    server.change = lambda _: b"[" * 200_000
    with pytest.raises(ConfigError, match="不是 JSON"):
        connect(server.base_url).post("/chat/completions", BODY)
