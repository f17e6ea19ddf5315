from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.errors import ArtifactError
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database


def test_the_process_answers(client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"


def test_ready_when_database_and_models_are(client: TestClient) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "ok"), response.text


def test_not_ready_without_models(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(_services: object) -> None:
        raise ArtifactError(f"读不到模型清单 {tmp_path}")

    monkeypatch.setattr("feedback_api.services.Services.engine", missing)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "模型" in response.json()["checks"]["models"]
    assert str(tmp_path) not in response.text


def test_not_ready_when_the_schema_is_not_ours(client: TestClient, database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    checks = client.get("/readyz").json()["checks"]
    assert checks["database"] == "ok"
    assert "结构" in checks["schema"]


def test_not_ready_when_the_database_is_damaged(client: TestClient, database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("there is no file to damage")
    path = Path(str(database.url.database))
    for file in path.parent.glob(path.name + "*"):
        file.unlink()
    path.write_bytes(b"not a database" * 1000)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "数据库连不上"


def test_a_request_keeps_the_id_it_came_with(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "a-1"}).headers["x-request-id"] == "a-1"
    made = client.get("/healthz", headers={"X-Request-ID": "a b\x7f"}).headers["x-request-id"]
    assert made != "a b\x7f"
    assert len(made) == 32


@pytest.mark.parametrize("url", ["/healthz", "/docs", "/nowhere"])
def test_every_response_is_locked_down(client: TestClient, url: str) -> None:
    headers = client.get(url, headers={"Origin": "https://example.com"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_a_foreign_host_name_is_refused(settings: Settings) -> None:
    app = create_app(settings, allowed_hosts=("127.0.0.1", "::1", "localhost"))
    with TestClient(app, base_url="http://attacker.example") as client:
        assert client.get("/healthz").status_code == 421
        assert client.get("/healthz", headers={"Host": "127.0.0.1:8000"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "[::1]:8000"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "LocalHost"}).status_code == 200
