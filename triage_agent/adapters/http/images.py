"""The pictures of a study."""

from typing import Literal

from fastapi import APIRouter, HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.status import HTTP_404_NOT_FOUND

from triage_agent.adapters.http.addresses import Digest, Number, Revision, StudyUID
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.list_views import ListViews
from triage_agent.adapters.http.pictures import Pictures
from triage_agent.adapters.http.study_page import is_picture


def image_routes(sources: Sources) -> APIRouter:
    """Return the routes of one image, and of the small view of a study that the list shows.

    `of` makes sure that the number of an image still means the same one.
    """
    router = APIRouter()
    pictures = Pictures(sources.reader)
    views = ListViews(sources.list_reader)

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

    @router.get("/studies/{uid}/view.jpg")
    async def view(
        uid: StudyUID,
        layer: Literal["radiograph", "cam"] = "radiograph",
        revision: Revision = 0,
    ) -> Response:
        del revision  # another one is another address: a page then asks again
        images = await run_in_threadpool(sources.register.study_images, uid)
        shown = images.most_suspicious
        if shown is None or shown.score is None:
            raise HTTPException(HTTP_404_NOT_FOUND)
        heat = shown.score.activation if layer == "cam" else None
        return Response(await views.view(shown, heat), media_type="image/jpeg")

    return router
