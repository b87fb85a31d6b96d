"""A page of scores, plots and pictures of one or several scenes, as `main.py evaluate --report` writes it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app.api.requests import AnyPath, place
from app.api.scene import TrainedScene
from app.api.scene_work import judged, judging_asked, no_view
from app.api.wording import python_worded
from app.report.beside import ScenesBeside
from app.report.page import write_page
from app.training.evaluation import OnView
from engines.core.data.views import Split
from engines.core.engine import Stop, never_stop
from engines.core.errors import UserError
from engines.core.files import holding


@python_worded
def report(
    out: AnyPath, *scenes: TrainedScene, split: Split | None = None, crop: int | None = None, width: int | None = None,
    height: int | None = None, on_view: OnView = no_view, stop: Stop = never_stop,
) -> Path:  # fmt: skip
    """Compares scenes with the photographs of their data, and writes a page that is read without a network.

    Args:
        out: an .html file.
        scenes: one or several, of any methods; best of one data folder.
        split, crop, width, height, on_view: as in `TrainedScene.evaluate`, for each scene.
        stop: asked often; where it gives True, nothing is written, and `vantage.Cancelled` is raised.

    Raises:
        UserError: there are no photographs, or the place can't be written.
    """
    path = place(out)
    if path.suffix not in (".html", ".htm"):
        raise UserError(f"{path}: name a .html file")
    if not scenes:
        raise UserError("no scene: name one or several")
    judging = judging_asked(split, crop, width, height, pictured=True)
    with holding(path):
        found = tuple(judged(scene._photographed, scene._drawing, judging, on_view, stop) for scene in scenes)
        write_page(path, ScenesBeside(found), datetime.now())
    return path
