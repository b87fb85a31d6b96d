"""Project files (`.vantage`): JSON that names scenes by where they lie from the file, so that folders can be moved.

Cameras stand in the world of the data, as in camera paths. What a newer Vantage adds is passed over; what it means
otherwise has a higher version, which is refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
    PositiveFloat,
    ValidationError,
)

from app.cleaning.edit_json import edit_json, edits_from
from app.cleaning.edits import CleaningEdit
from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.paths.keyed_json import keyed_from, keyed_text
from engines.core.paths.keyframes import KeyedPath
from engines.core.reading import concerning, quoted, read_json, reading, shortened
from engines.core.storage.checkpoint_file import PROJECT_SUFFIX

SUFFIX = PROJECT_SUFFIX
FORMAT, VERSION = "vantage project", 1
MOST_SCENES = 2


def _camera(value: Any) -> Camera:
    return value if isinstance(value, Camera) else Camera.from_json(value)


def _keyed(value: Any) -> KeyedPath:
    if isinstance(value, KeyedPath):
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"is {quoted(value)}; needs a camera path")
    return keyed_from("camera path", value)


def _keyed_json(path: KeyedPath) -> Any:
    return json.loads(keyed_text(path))


def _edits_json(edits: Sequence[CleaningEdit]) -> Any:
    return [edit_json(edit) for edit in edits]


Triple = tuple[float, float, float]
StoredCamera = Annotated[Camera, PlainValidator(_camera), PlainSerializer(Camera.to_json)]
StoredPath = Annotated[KeyedPath, PlainValidator(_keyed), PlainSerializer(_keyed_json)]
StoredEdits = Annotated[tuple[CleaningEdit, ...], PlainValidator(edits_from), PlainSerializer(_edits_json)]
Change = Callable[[Path], Path]
PLAIN = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


def _changed(model: BaseModel, names: Sequence[str], change: Change) -> dict[str, Path | None]:
    paths = {name: getattr(model, name) for name in names}
    return {name: change(path) if path is not None else None for name, path in paths.items()}


class ProjectScene(BaseModel):
    """A scene of a project, and what it is opened with.

    Attributes:
        path: scene file, run folder, or a file of an author's code.
        data: its data folder.
        photograph: that it is made of, or a folder of such, of methods that make scenes of photographs.
        config: the file of options that goes with an author's file.
        options: of the engine's scenes, where they were chosen.
        up: [3] world, where somebody chose which way that is.
        cleaning: edits that say which of its primitives are left out.
    """

    model_config = PLAIN
    path: Path
    data: Path | None = None
    photograph: Path | None = None
    config: Path | None = None
    options: dict[str, JsonValue] = Field(default_factory=dict)
    up: Triple | None = None
    cleaning: StoredEdits = ()

    def moved(self, change: Change) -> ProjectScene:
        """A copy with another way to write its paths: `change` is given each."""
        return self.model_copy(update=_changed(self, ("path", "data", "photograph", "config"), change))


class ProjectView(BaseModel):
    """How the scene is looked at.

    Attributes:
        camera: in the world.
        pivot: [3] world, the point that the camera turns about.
        up: [3] world, of the camera controller.
        channel: of the scene's, or "error".
        limits: of the channel's colours, where they are locked.
        colour_maps: of channels, where they are not the usual ones; None: not known.
        controls: the scene's own: instance, time step, blend.
        navigation: "orbit", "fly" or "trackball".
        overlays: the names of those that are drawn.
        crop_box: lowest and highest corner, world; None: the scene's own bounding box.
        cropped: whether what lies outside of it is left out.
    """

    model_config = PLAIN
    camera: StoredCamera
    pivot: Triple
    up: Triple
    channel: str = "rgb"
    limits: tuple[float, float] | None = None
    colour_maps: dict[str, str] | None = None
    controls: dict[str, float] = Field(default_factory=dict)
    navigation: Literal["orbit", "fly", "trackball"] = "orbit"
    overlays: tuple[str, ...] = ()
    crop_box: tuple[Triple, Triple] | None = None
    cropped: bool = False


class Project(BaseModel):
    """All that a project keeps.

    Attributes:
        scenes: the open one; after it the one that it is compared with, if there is one.
        view: None where no scene is open.
        comparison: how the two are compared; "" where there is one only.
        mesh: that is shown with the scene.
        camera_path: the keyed path; None where it has no keys.
        bookmarks: as `Bookmarks.to_json` gives them.
        measurements: distances, each of two points of the world.
        length_scale: how long a world unit is, and in what, as (0.25, "m"); None: not known.
        export: the last values of the export dialog.
        saved_as: of an autosave: the file that the project was saved in before; None: in none.
    """

    model_config = PLAIN
    scenes: tuple[ProjectScene, ...] = Field(default=(), max_length=MOST_SCENES)
    view: ProjectView | None = None
    comparison: Literal["", "wipe", "side", "flicker", "difference"] = ""
    mesh: Path | None = None
    camera_path: StoredPath | None = None
    bookmarks: dict[str, JsonValue] | None = None
    measurements: tuple[tuple[Triple, Triple], ...] = ()
    length_scale: tuple[PositiveFloat, str] | None = None
    export: dict[str, JsonValue] = Field(default_factory=dict)
    saved_as: Path | None = None

    def moved(self, change: Change) -> Project:
        """A copy with another way to write its paths: `change` is given each."""
        scenes = tuple(scene.moved(change) for scene in self.scenes)
        return self.model_copy(update={"scenes": scenes, **_changed(self, ("mesh", "saved_as"), change)})


def project_text(project: Project, folder: Path | None = None) -> str:
    """A project as its file has it; `read_project` reads it back without loss.

    Args:
        folder: that the file is going to lie in, from which scenes are named; None: they are named from the root.
    """

    def named(path: Path) -> Path:
        absolute = Path(os.path.normpath(path.absolute()))
        return absolute if folder is None else _from(folder.absolute(), absolute)

    head = {"format": FORMAT, "version": VERSION}
    # `mode="python"`: paths are written here, with the same slashes on every system.
    data = head | project.moved(named).model_dump(exclude_defaults=True)
    return json.dumps(data, indent=1, allow_nan=False, default=_plain) + "\n"


def _from(folder: Path, path: Path) -> Path:
    try:
        return Path(os.path.relpath(path, folder))
    # On another drive of Windows.
    except ValueError:
        return path


def _plain(value: object) -> str:
    if isinstance(value, Path):
        return value.as_posix()
    raise TypeError(type(value).__name__)


def write_project(file: Path, project: Project) -> None:
    """Writes a project, whole or not at all; its scenes are named from where it lies.

    Raises:
        UserError: the place can't be written.
    """
    with replacing(file) as temporary:
        temporary.write_text(project_text(project, file.parent), encoding="utf-8")


def read_project(file: Path) -> Project:
    """The project that a file holds, its paths from the root.

    Raises:
        UserError: it holds none, or one of a newer version; names the field that is wrong.
    """
    data = read_json(file)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UserError(f"{file}: is no project of Vantage ({SUFFIX})")
    version = data.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= VERSION:
        raise UserError(
            f"{file}: is a project of version {quoted(version)}; this Vantage reads up to {VERSION}: get a newer one"
        )
    with concerning(file), reading(file):
        try:
            project = Project.model_validate(data)
        except ValidationError as error:
            raise UserError(f"{file}: {_first_wrong(error)}") from error
    folder = file.absolute().parent
    return project.moved(lambda path: Path(os.path.normpath(folder / PurePosixPath(path.as_posix()))))


def _first_wrong(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ").replace("Input should", "must")
    value = f" is {quoted(first['input'])}" if first["type"] != "missing" else ""
    return shortened(f"{field}{value}: {message[0].lower()}{message[1:]}", 300)
