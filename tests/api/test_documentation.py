from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.settings import Settings

OPERATIONS = {
    "post_feedback": "POST /v1/feedback",
    "list_feedback": "GET /v1/feedback",
    "probe_ingest": "GET /v1/ingest/{token}",
    "post_ingest": "POST /v1/ingest/{token}",
    "list_topics": "GET /v1/topics",
    "list_alerts": "GET /v1/alerts",
    "list_themes": "GET /v1/themes",
    "list_similar_topics": "GET /v1/topics/similar",
    "get_topic": "GET /v1/topics/{topic_id}",
    "edit_topic": "POST /v1/topics/{topic_id}/edits",
    "list_requests": "GET /v1/requests",
    "get_request": "GET /v1/requests/{key}",
    "get_verification": "GET /v1/requests/{key}/verification",
    "list_evidence": "GET /v1/requests/{key}/evidence",
    "add_evidence": "POST /v1/requests/{key}/evidence",
    "remove_evidence": "POST /v1/requests/{key}/evidence/remove",
    "move_evidence": "POST /v1/requests/{key}/evidence/move",
    "undo_move_evidence": "POST /v1/requests/{key}/evidence/move/undo",
    "make_request": "POST /v1/requests",
    "edit_request": "PATCH /v1/requests/{key}",
    "transition_request": "POST /v1/requests/{key}/transitions",
    "split_request": "POST /v1/requests/{key}/split",
    "undo_split": "POST /v1/requests/{key}/split/undo",
    "link_requests": "POST /v1/requests/{key}/links",
    "unlink_requests": "POST /v1/requests/{key}/links/remove",
    "comment_on_request": "POST /v1/requests/{key}/comments",
    "get_request_card": "GET /v1/requests/{key}/card",
    "list_decline_reasons": "GET /v1/decline-reasons",
    "get_loop": "GET /v1/loop",
    "list_lexicon": "GET /v1/lexicon",
    "suggest_words": "GET /v1/lexicon/suggestions",
    "preview_word": "GET /v1/lexicon/preview",
    "teach_word": "POST /v1/lexicon",
    "forget_word": "DELETE /v1/lexicon/{word}",
    "get_digest": "GET /v1/digests/{week}",
    "send_digest": "POST /v1/digests/{week}/send",
    "list_outbox": "GET /v1/outbox",
    "retry_message": "POST /v1/outbox/{message_id}/retry",
    "cancel_message": "POST /v1/outbox/{message_id}/cancel",
    "list_notices": "GET /v1/notices",
    "preview_notices": "GET /v1/requests/{key}/notices/preview",
    "send_notices": "POST /v1/requests/{key}/notices/send",
    "retry_notice": "POST /v1/notices/{notice_id}/retry",
    "cancel_notice": "POST /v1/notices/{notice_id}/cancel",
    "unsubscribe_notices": "POST /v1/notices/unsubscribe",
    "get_notice_settings": "GET /v1/notice-settings",
    "edit_notice_settings": "PATCH /v1/notice-settings",
    "list_outlets": "GET /v1/outlets",
    "test_outlet": "POST /v1/outlets/{name}/test",
    "classify": "POST /v1/classify",
    "start_job": "POST /v1/jobs",
    "list_jobs": "GET /v1/jobs",
    "get_job": "GET /v1/jobs/{job_id}",
    "cancel_job": "POST /v1/jobs/{job_id}/cancel",
    "get_job_result": "GET /v1/jobs/{job_id}/result",
    "export_person": "POST /v1/people/export",
    "erase_person": "POST /v1/people/erase",
    "list_runs": "GET /v1/runs",
    "start_run": "POST /v1/runs",
    "get_run": "GET /v1/runs/{run_id}",
    "cancel_run": "POST /v1/runs/{run_id}/cancel",
    "list_audit": "GET /v1/audit",
    "judge_unit": "POST /v1/units/{unit_id}/judgement",
    "undo_judgement": "DELETE /v1/units/{unit_id}/judgement",
    "list_judgements": "GET /v1/judgements",
    "metrics": "GET /metrics",
    "healthz": "GET /healthz",
    "readyz": "GET /readyz",
}


@pytest.fixture
def schema(client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    return document


def test_operation_ids_are_a_contract(schema: dict[str, Any]) -> None:
    assert {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    } == OPERATIONS


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    shapes = schema["components"]["schemas"]

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                assert value["$ref"].rsplit("/", 1)[-1] in shapes
            for part in value.values():
                walk(part)
        elif isinstance(value, list):
            for part in value:
                walk(part)

    walk(schema)


def test_a_job_of_blanks_is_no_selection(client: TestClient, schema: dict[str, Any]) -> None:
    """What the service refuses, its document does not allow: ``from`` left blank, alone."""
    content = schema["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]
    form = content["multipart/form-data"]["schema"]
    shape = schema["components"]["schemas"][form["$ref"].rsplit("/", 1)[-1]]
    _, selection = shape["oneOf"]
    assert len(selection["anyOf"]) > 5
    for one in selection["anyOf"]:
        (name,) = one["required"]
        assert one["properties"][name]["minLength"] == 1
        if shape["properties"][name].get("type") != "integer":
            assert client.post("/v1/jobs", data={name: ""}).status_code == 422


def test_the_document_knows_which_years_have_a_53rd_week(schema: dict[str, Any]) -> None:
    patterns = [
        pattern
        for operations in schema["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "week"
        for part in (parameter["schema"], *parameter["schema"].get("anyOf", []))
        if (pattern := part.get("pattern"))
    ]
    assert len(patterns) >= 4
    for pattern in patterns:
        assert re.fullmatch(pattern, "2026-W53")
        assert not re.fullmatch(pattern, "2025-W53")


def test_the_document_binds_every_name_of_a_route(
    client: TestClient, schema: dict[str, Any]
) -> None:
    routes = schema["components"]["schemas"]["NoticeSettingsPatch"]["properties"]["routes"]
    name = "反馈\x00页"
    assert re.fullmatch(routes["propertyNames"]["pattern"], name) is None
    assert "anyOf" in routes["additionalProperties"]
    answer = client.patch("/v1/notice-settings", json={"routes": {name: None}})
    assert answer.status_code == 422


def test_examples_of_the_documentation_work(client: TestClient, schema: dict[str, Any]) -> None:
    for path in ("/v1/feedback", "/v1/classify"):
        body = schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in body["examples"].values():
            response = client.post(path, json=example["value"])
            assert response.status_code == 200, response.text


def test_the_page_shows_every_operation(client: TestClient) -> None:
    page = client.get("/docs").text
    for operation in OPERATIONS.values():
        method, path = operation.split()
        assert f'<span class="method">{method}</span> <code>{path}</code>' in page
    assert "curl -X POST http://testserver/v1/feedback" in page
    assert "升级到 3.2 以后一点记账就闪退" in page


def test_first_requests_side_by_side_share_one_document(settings: Settings) -> None:
    from feedback_api.app import _document

    app = create_app(settings)
    before = app.openapi()
    _document.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(app.openapi) for _ in range(16)]
        documents = [future.result() for future in asked]
    assert all(document is documents[0] for document in documents)
    assert documents[0] == before
    assert create_app(settings).openapi() is documents[0]
