"""Is the process alive, and can it do its work?"""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Response

from feedback_api.schemas import Health, Readiness
from feedback_api.services import ServicesDep
from feedback_nlp import __version__
from feedback_nlp.errors import FeedbackError
from feedback_nlp.store import schema

router = APIRouter(tags=["运行状况"])
_log = structlog.get_logger("feedback_api")


@router.get("/healthz", operation_id="healthz")
async def healthz() -> Health:
    """进程活着。"""
    return Health(status="ok", version=__version__)


@router.get(
    "/readyz",
    operation_id="readyz",
    responses={503: {"model": Readiness, "description": "有一项没有准备好"}},
)
def readyz(services: ServicesDep, response: Response) -> Readiness:
    """数据库连得上、写得进、结构是最新的，模型能加载。"""
    checks = {"database": "ok", "writing": "ok", "schema": "ok", "models": "ok"}
    try:
        with services.database.read() as session:
            if not schema.is_current(session.connection()):
                checks["schema"] = "数据库结构不是最新的，重启服务会自动升级"
    except FeedbackError as error:
        _log.error("not_ready", check="database", message=error.message)
        checks["database"] = "数据库连不上"
        checks["schema"] = "数据库连不上，无法检查"
    try:
        services.database.try_write()
    except FeedbackError as error:
        _log.error("not_ready", check="writing", message=error.message)
        checks["writing"] = "数据库写不进去，检查磁盘空间和权限"
    try:
        services.engine()
    except FeedbackError as error:
        _log.error("not_ready", check="models", message=error.message)
        checks["models"] = "模型加载不了，运行 feedback-nlp doctor 查看原因"
    ready = all(result == "ok" for result in checks.values())
    response.status_code = 200 if ready else 503
    return Readiness(status="ok" if ready else "unready", checks=checks)
