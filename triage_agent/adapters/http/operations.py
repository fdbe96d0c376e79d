"""What those who run the node ask: does it live, and how much waits."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response
from starlette.status import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.metrics import metrics_registry


def operation_routes(sources: Sources) -> APIRouter:
    """Return the routes; none of them says anything of a patient."""
    router = APIRouter()
    registry = metrics_registry(sources)

    @router.get("/healthz")
    def health() -> JSONResponse:
        checks = {"database": sources.worklist.count, "storage": sources.store.free_bytes}
        failed = []
        for name, check in checks.items():
            try:
                check()
            except Exception:  # noqa: BLE001 (whatever a driver raises, it means unhealthy)
                failed.append(name)
        status = HTTP_503_SERVICE_UNAVAILABLE if failed else HTTP_200_OK
        return JSONResponse(
            {"status": "failed" if failed else "ok", "failed": failed}, status_code=status
        )

    @router.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router
