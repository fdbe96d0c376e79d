"""The pictures of a study."""

from typing import Literal

from fastapi import APIRouter, HTTPException
from starlette.responses import Response
from starlette.status import HTTP_404_NOT_FOUND

from triage_agent.adapters.http.addresses import Digest, Number, StudyUID
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.pictures import Pictures
from triage_agent.adapters.http.study_page import is_picture


def image_routes(sources: Sources) -> APIRouter:
    """Return the route; `of` makes sure that the number still means the same image."""
    router = APIRouter()
    pictures = Pictures(sources.reader)

    @router.get("/studies/{uid}/images/{number}.png")
    def image(
        uid: StudyUID,
        number: Number,
        layer: Literal["radiograph", "cam"] = "radiograph",
        of: Digest = "",
    ) -> Response:
        instances = sources.register.study_images(uid).instances
        if number > len(instances) or not is_picture(instances[number - 1], of):
            raise HTTPException(HTTP_404_NOT_FOUND)
        instance = instances[number - 1]
        if layer == "radiograph":
            return Response(pictures.radiograph(instance), media_type="image/png")
        if instance.score is None:
            raise HTTPException(HTTP_404_NOT_FOUND)
        return Response(pictures.heat(instance, instance.score.activation), media_type="image/png")

    return router
