"""What those who run the node ask: does it live, and how much waits."""

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response
from starlette.status import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from triage_agent.adapters.http.access import Access, is_loopback
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.metrics import metrics_registry
from triage_agent.adapters.http.rights import needs
from triage_agent.domain.visitor import Role


def operation_routes(sources: Sources, access: Access) -> APIRouter:
    """Return the routes; none of them says anything of a patient.

    Anybody may ask for the health; for the figures an administrator, a client of the API, and
    whoever is on this machine, where scrapers are.
    """
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
    def metrics(request: Request) -> Response:
        visitor = request.state.visitor
        is_client = visitor is not None and not visitor.csrf_token
        if not is_client and not _is_here(request, access):
            needs(Role.ADMINISTRATOR)(request)
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router


def _is_here(request: Request, access: Access) -> bool:
    # A proxy on this machine asks for others.
    return not access.proxies and request.client is not None and is_loopback(request.client.host)
