"""The pictures of a study."""

import gzip
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.status import HTTP_404_NOT_FOUND

from triage_agent.adapters.http.addresses import Digest, Number, Revision, StudyUID
from triage_agent.adapters.http.auditing import note, note_list_picture
from triage_agent.adapters.http.facts import Sources
from triage_agent.adapters.http.list_views import ListViews
from triage_agent.adapters.http.pictures import Pictures
from triage_agent.adapters.http.radiographs import SCREEN_SIDE, WHOLE_SIDE, Radiographs
from triage_agent.adapters.http.rights import Reader
from triage_agent.adapters.http.study_page import is_picture
from triage_agent.domain.audit import Deed
from triage_agent.domain.heat import heat_of, palette
from triage_agent.domain.instance import Instance


def image_routes(sources: Sources) -> APIRouter:
    """Return the routes of one image: as a picture, as values, and what lies over it.

    `of` makes sure that the number of an image still means the same one.
    """
    router = APIRouter()
    pictures = Pictures(sources.reader)
    radiographs = Radiographs(sources.radiographs)

    def viewed(
        request: Request, visitor: Reader, uid: StudyUID, number: Number, of: Digest = ""
    ) -> Instance:
        instances = sources.register.study_images(uid).instances
        if number > len(instances) or not is_picture(instances[number - 1], of):
            raise HTTPException(HTTP_404_NOT_FOUND)
        note(sources, request, visitor, Deed.IMAGE_VIEWED, uid, f"image {number}")
        return instances[number - 1]

    @router.get("/studies/{uid}/images/{number}.png")
    def image(
        instance: Annotated[Instance, Depends(viewed)],
        layer: Literal["radiograph", "cam"] = "radiograph",
    ) -> Response:
        if layer == "radiograph":
            return Response(pictures.radiograph(instance), media_type="image/png")
        if instance.score is None:
            raise HTTPException(HTTP_404_NOT_FOUND)
        return Response(pictures.heat(instance, instance.score.activation), media_type="image/png")

    @router.get("/studies/{uid}/images/{number}/values")
    def values(
        request: Request,
        instance: Annotated[Instance, Depends(viewed)],
        size: Literal["screen", "whole"] = "screen",
    ) -> Response:
        side = SCREEN_SIDE if size == "screen" else WHOLE_SIDE
        body = radiographs.compressed(instance, side)
        headers = {"Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
        return Response(body, media_type="application/octet-stream", headers=headers)

    @router.get("/studies/{uid}/images/{number}/heat")
    def heat(instance: Annotated[Instance, Depends(viewed)]) -> Response:
        if instance.score is None:
            raise HTTPException(HTTP_404_NOT_FOUND)
        activation = instance.score.activation
        cam = np.array(activation.values).reshape(activation.rows, activation.columns)
        opacity, colours = palette()
        return JSONResponse(
            {
                "rows": activation.rows,
                "columns": activation.columns,
                "heat": heat_of(cam).ravel().tolist(),
                "opacity": opacity.tolist(),
                "colours": colours.tolist(),
            }
        )

    return router


def view_routes(sources: Sources) -> APIRouter:
    """Return the route of the small view of a study that the list shows."""
    router = APIRouter()
    views = ListViews(sources.list_reader)

    @router.get("/studies/{uid}/view.jpg")
    async def view(
        request: Request,
        visitor: Reader,
        uid: StudyUID,
        layer: Literal["radiograph", "cam"] = "radiograph",
        revision: Revision = 0,
    ) -> Response:
        del revision  # another one is another address: a page then asks again
        images = await run_in_threadpool(sources.register.study_images, uid)
        await run_in_threadpool(note_list_picture, sources, request, visitor, uid)
        shown = images.most_suspicious
        if shown is None or shown.score is None:
            raise HTTPException(HTTP_404_NOT_FOUND)
        heat = shown.score.activation if layer == "cam" else None
        return Response(await views.view(shown, heat), media_type="image/jpeg")

    return router
