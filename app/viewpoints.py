"""Cameras to go to: the training views of the data folder, else those that the scene itself knows."""

from __future__ import annotations

from dataclasses import dataclass

from app.fitting import fit_native
from app.objects import find_number
from app.opening import Opened
from engines.core.camera import Camera
from engines.core.views import View


@dataclass(frozen=True, eq=False)
class ViewPoint:
    """A camera of the scene to go to, with its photograph where the data folder has one."""

    camera: Camera
    name: str
    view: View | None = None


def read_viewpoints(opened: Opened, choice: int = 0) -> tuple[ViewPoint, ...]:
    """Of a class, those of the object that is chosen.

    Raises:
        UserError: a view's files can't be read.
    """
    native = opened.scene.native_px
    number = find_number(opened.scene, opened.dataset, choice) if opened.dataset is not None else None
    if opened.dataset is None or number is None:
        return tuple(ViewPoint(camera, str(index)) for index, camera in enumerate(opened.scene.cameras))
    views = opened.dataset.views.of_instance(number)
    return tuple(
        ViewPoint(
            fit_native(view.camera, native, opened.scene.cropped_px) if native else view.camera,
            view.name,
            view if view.image_path is not None else None,
        )
        for view in views.split("train") or views
    )
