"""The Python interface for scripts and notebooks; `app/python` has the package that gives it its name, `vantage`."""

from app import __version__
from app.api.cameras import look_at, pinhole
from app.api.exporting import ExportResult
from app.api.image import Image
from app.api.opening import demo, methods, open
from app.api.reporting import report
from app.api.scene import TrainedScene
from app.api.training import TrainingRun, train
from app.export.progress import Progress
from app.mesh.meshing import MeshResult
from app.training.evaluation import Evaluation, Score
from app.training.loop import Report
from engines.core.camera import Camera
from engines.core.data.views import View
from engines.core.engine import Control
from engines.core.errors import Cancelled, UserError

__all__ = [
    "Camera",
    "Cancelled",
    "Control",
    "Evaluation",
    "ExportResult",
    "Image",
    "MeshResult",
    "Progress",
    "Report",
    "Score",
    "TrainedScene",
    "TrainingRun",
    "UserError",
    "View",
    "__version__",
    "demo",
    "look_at",
    "methods",
    "open",
    "pinhole",
    "report",
    "train",
]
