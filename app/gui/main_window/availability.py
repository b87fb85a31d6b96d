"""What commands act on, as far as it is there: those that need what is missing are grey."""

from __future__ import annotations

from collections.abc import Mapping

from app.gui.export.exporting import Exporting
from app.gui.inputs.input_controller import InputController
from app.gui.training.trainings import Trainings
from app.gui.viewport.mesh_showing import MeshShowing
from app.viewing.session import Session


def available(
    session: Session, inputs: InputController, meshes: MeshShowing, exporting: Exporting, trainings: Trainings
) -> Mapping[str, bool]:
    """Which of the needs of `Command` are met."""
    playback = session.timeline.playback
    return {
        "scene": session.opened is not None,
        "depth": "depth" in session.channels,
        "views": bool(session.visited.points),
        "photographs": "error" in session.channels,
        "input": inputs.wanted,
        "mesh": meshes.layer.mesh is not None,
        "time": playback.last > playback.first,
        "export": exporting.job is not None,
        "training": trainings.queue.active is not None,
        "run": trainings.chosen is not None,
    }


def reasons(session: Session) -> Mapping[str, str]:
    """Why some needs are not met, where that is not plain."""
    return {"input": "This scene is not made of a photograph" if session.opened is not None else "No scene is open"}
