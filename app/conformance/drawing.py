"""The checks of a scene: that it opens from a file as from memory, and draws what it says in the size asked for."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from torch import Tensor

from app.conformance.trial import (
    Check,
    Failure,
    Trial,
    channels,
    difference,
    draw,
    others_draw,
    require_kind,
    small_camera,
)
from engines.core.camera import Camera
from engines.core.checkpoint import Checkpoint
from engines.core.config import make_options
from engines.core.contract import opened
from engines.core.engine import Audited, HasSurface, LearnsPart, Prepares, Scene, Staged, never_stop, whole_controls
from engines.core.errors import BrokenContract, Cancelled, Lacking, UserError
from engines.core.frame import Frame
from engines.core.scene_file import read_scene_file, write_scene_file
from engines.core.surfaces import surface_of

SIZES = ((33, 7), (16, 24), (1, 1))
"""(width, height) that are tried where any can be drawn."""
FARTHEST = 1.0
"""How far an untrained picture may leave [0, 1]; whoever shows it clamps."""
STRANGE = (math.nan, -math.inf, math.inf)
AUDITED_RAYS = 64
LARGEST_ASKED = 100
"""Points at which a surface is tried."""
MOST_DRAWN = 4
"""Values of a control that are tried."""


def open_checkpoint(trial: Trial, checkpoint: Checkpoint) -> Scene:
    """Opens it as the program does, with the data where the method needs it."""
    kind = trial.engine.SceneOptions
    as_trained = {name: checkpoint.config[name] for name in kind.AS_TRAINED if name in checkpoint.config}
    options = make_options(kind, as_trained)
    try:
        return opened(trial.engine, checkpoint, trial.device, None, options)
    except Lacking:
        return opened(trial.engine, checkpoint, trial.device, trial.data, options)


def file_is_checkpoint(trial: Trial) -> None:
    """Writes a scene file and reads it: weights and picture are the same."""
    path, checkpoint = trial.folder / "scene.safetensors", trial.checkpoints[-1]
    write_scene_file(path, checkpoint)
    kept = read_scene_file(path)
    if found := difference(dict(checkpoint.weights), dict(kept.weights)):
        raise Failure(f"the file's weights are not the checkpoint's: {found}")
    memory = open_checkpoint(trial, checkpoint)
    # A scene that keeps something of what it was built with, by chance, is another one now.
    others_draw()
    file = open_checkpoint(trial, kept)
    if found := difference(channels(memory, draw(memory)), channels(file, draw(file))):
        raise Failure(f"from its file it draws another picture than from memory: {found}")


def opens_without_data(trial: Trial) -> str:
    """Opens a checkpoint alone: a scene, or a `UserError` that says what is needed."""
    options = trial.engine.SceneOptions()
    try:
        draw(opened(trial.engine, trial.checkpoints[-1], trial.device, None, options))
    except BrokenContract:
        raise
    except UserError as error:
        return f"it needs some: {' '.join(str(error).split())[:80]}..."
    return ""


def opens_with_data(trial: Trial) -> None:
    """Opens a checkpoint with its data folder, and chooses another way up afterwards."""
    scene = opened(trial.engine, trial.checkpoints[-1], trial.device, trial.data, trial.engine.SceneOptions())
    draw(scene)
    scene.up = np.array([1.0, 0.0, 0.0])
    if difference(scene.up.tolist(), [1.0, 0.0, 0.0]):
        raise Failure("its `up` can't be set; the program does, where a person chooses another")


def frame_is_as_named(trial: Trial) -> str:
    """Draws a picture twice: the same, and of the shapes, types, ranges and channels that it should be."""
    scene = trial.drawn
    frame = draw(scene)
    require_frame(scene, frame, small_camera(scene))
    if found := difference(channels(scene, frame), channels(scene, draw(scene))):
        raise Failure(f"it draws two different pictures of the same camera: {found}")
    return ", ".join(scene.channels)


def require_frame(scene: Scene, frame: object, camera: Camera) -> None:
    """Whether a frame is what its scene says.

    Raises:
        Failure: names the channel.
    """
    if not isinstance(frame, Frame):
        raise Failure(f"render() gives a {type(frame).__name__}; it must be a Frame")
    width, height = camera.size_px
    _require(frame.image, "image", (height, width, 3), scene)
    if not bool(((frame.image >= -FARTHEST) & (frame.image <= 1 + FARTHEST)).all()):
        low, high = frame.image.min().item(), frame.image.max().item()
        raise Failure(f"the frame's image goes from {low:.3g} to {high:.3g}; colours lie in [0, 1]")
    if ("depth" in scene.channels) != (frame.depth is not None):
        raise Failure(
            'channels names "depth", and the frame\'s depth is None'
            if frame.depth is None
            else 'the frame has a depth, and channels does not name "depth"'
        )
    if frame.depth is not None:
        _require(frame.depth, "depth", (height, width), scene, infinite=True)
    for name in scene.channels:
        if name in ("rgb", "depth"):
            continue
        if name not in frame.extra:
            raise Failure(f"channels names {name!r}, and the frame's extra does not have it")
        tensor = frame.extra[name]
        if isinstance(tensor, Tensor) and tensor.ndim == 3 and tensor.shape[2] not in (1, 3):
            raise Failure(f"the frame's extra[{name!r}] has {tensor.shape[2]} values a pixel; 1 or 3 can be shown")
        _require(tensor, f"extra[{name!r}]", (height, width, *tensor.shape[2:3]), scene)
    if strange := [name for name in frame.extra if name not in scene.channels]:
        raise Failure(f"the frame's extra has {', '.join(strange)}, which channels does not name")


def _require(tensor: object, name: str, shape: tuple[int, ...], scene: Scene, infinite: bool = False) -> None:
    if not isinstance(tensor, Tensor):
        raise Failure(f"the frame's {name} is a {type(tensor).__name__}; it must be a tensor")
    if tuple(tensor.shape) != shape:
        raise Failure(f"the frame's {name} is {list(tensor.shape)}; asked for was {list(shape)}")
    if tensor.dtype != torch.float32 or tensor.device != scene.device or tensor.requires_grad:
        raise Failure(f"the frame's {name} is {tensor.dtype} on {tensor.device}"
                      f"{', and keeps its graph' if tensor.requires_grad else ''}; it must be float32 on "
                      f"{scene.device}, without a graph")  # fmt: skip
    nothing, less, more = (int((tensor.isnan() if math.isnan(value) else tensor == value).sum()) for value in STRANGE)
    strange = {"NaN": nothing, "-inf": less} | ({} if infinite else {"+inf": more})
    if any(strange.values()):
        counts = ", ".join(f"{count} {value}" for value, count in strange.items() if count)
        way_out = "where nothing is hit use +inf" if infinite else "they must be finite"
        raise Failure(f"the frame's {name} has {counts} among its {tensor.numel()} values; {way_out}")


def draws_sizes(trial: Trial) -> str:
    """Draws several sizes; where a scene has one of its own, others are refused."""
    scene = trial.drawn
    if scene.native_px is None:
        for size in SIZES:
            camera = scene.start.resized(size)
            require_frame(scene, scene.render(camera, whole_controls(scene, {}), never_stop), camera)
        return "any"
    if scene.start.size_px != scene.native_px:
        raise Failure(f"its start camera's picture is {scene.start.size_px}, and native_px {scene.native_px}")
    other = scene.start.resized((scene.native_px[0] + 1, scene.native_px[1]))
    try:
        scene.render(other, whole_controls(scene, {}), never_stop)
    except UserError:
        return f"{scene.native_px[0]}x{scene.native_px[1]} only"
    raise Failure(f"native_px is {scene.native_px}, and it draws {other.size_px}; it must refuse it by a UserError")


def draws_controls(trial: Trial) -> str:
    """Draws with each control from its lowest to its highest value."""
    scene = trial.drawn
    for control in scene.controls:
        values = np.linspace(control.low, control.high, MOST_DRAWN)
        for value in values if control.kind == "number" else np.unique(values.round()):
            require_frame(scene, draw(scene, {control.name: float(value)}), small_camera(scene))
    return ", ".join(control.name for control in scene.controls)


def stops(trial: Trial) -> str:
    """Stops a picture at the first and at the last time it asks; the next one is whole again."""
    scene, asked = trial.drawn, 0
    before = channels(scene, draw(scene))

    def count() -> bool:
        nonlocal asked
        asked += 1
        return False

    scene.render(small_camera(scene), whole_controls(scene, {}), count)
    if asked == 0:
        raise Failure("it never asks stop(); a picture that nobody wants any more must end soon, by Cancelled")
    for last in sorted({1, asked}):
        calls = itertools.count(1)

        def now(calls: itertools.count[int] = calls, last: int = last) -> bool:
            return next(calls) >= last

        try:
            scene.render(small_camera(scene), whole_controls(scene, {}), now)
        except Cancelled:
            continue
        raise Failure(f"stop() said so when it was asked the {last}. time, and it draws on; it must raise Cancelled")
    if found := difference(before, channels(scene, draw(scene))):
        raise Failure(f"after it was stopped it draws another picture: {found}")
    return f"asks {asked} times"


def has_what_it_says(trial: Trial) -> str:
    """Tries what the scene may do besides."""
    scene, found = trial.drawn, []
    camera, controls = small_camera(scene), whole_controls(scene, {})
    if isinstance(scene, LearnsPart):
        found.append("learnt_part")
        if not isinstance(scene.learnt_part(camera), Camera):
            raise Failure("learnt_part() must give a Camera")
    if isinstance(scene, Staged):
        found.append("stages")
        for stage in scene.stages(camera).values():
            stage()
    if isinstance(scene, Audited):
        found.append("audit")
        audit = scene.audit(camera, controls, AUDITED_RAYS)
        if not (0 <= audit.wrong <= audit.rays <= AUDITED_RAYS):
            raise Failure(f"audit() of {AUDITED_RAYS} rays gives {audit.wrong} wrong ones of {audit.rays}")
        if audit.wrong:
            raise Failure(f"by audit() {audit.wrong} of {audit.rays} rays are drawn otherwise than plainly")
    if isinstance(scene, Prepares):
        found.append("prepare")
        require_frame(scene, scene.glimpse(camera, controls), camera)
        scene.prepare(camera, controls, never_stop)
        if not scene.prepared(camera, controls):
            raise Failure("prepared() says no after prepare()")
    asked: object = scene
    if isinstance(asked, HasSurface):
        found.append("surface")
        _require_surface(asked, scene)
    return ", ".join(found)


def _require_surface(asked: HasSurface, scene: Scene) -> None:
    """Asks a surface within its box, also for a point and for none."""
    surface = surface_of(asked, scene.engine, whole_controls(scene, {}))
    low, high = (torch.tensor(corner, dtype=torch.float32, device=surface.device) for corner in surface.bounds)
    places = torch.rand(LARGEST_ASKED, 3, generator=torch.Generator().manual_seed(0)).to(surface.device)
    for count in (LARGEST_ASKED, 1, 0):
        points = low + places[:count] * (high - low)
        for name, given, shape in (
            ("values", surface.values(points), (count,)),
            ("colours", surface.colours(points), (count, 3)),
        ):
            require_kind(given, Tensor, f"its surface's {name}()")
            if given.shape != shape or given.dtype != torch.float32:
                raise Failure(
                    f"its surface's {name}() of {count} points are {list(given.shape)} of {given.dtype}; they must be "
                    f"{list(shape)} of float32"
                )
            if given.isnan().any():
                raise Failure(f"its surface's {name}() has NaN")
            if given.requires_grad:
                raise Failure(f"its surface's {name}() keeps gradients, and with them memory")
            if name == "colours" and count and not (0 <= float(given.min()) <= float(given.max()) <= 1):
                raise Failure(f"its surface's colours() are {float(given.min()):.3g} to {float(given.max()):.3g}; they "
                              "must be in [0, 1]")  # fmt: skip


DRAWING = (
    Check("open", "draws from a file what it draws from memory", file_is_checkpoint, "training"),
    Check("open", "draws with a data folder", opens_with_data, "training"),
    Check("open", "draws without a data folder, or says that it needs one", opens_without_data, "training"),
    Check("render", "gives what its channels name", frame_is_as_named, "scene"),
    Check("render", "draws the size that is asked for, or refuses it", draws_sizes, "scene"),
    Check("render", "draws all that its controls allow", draws_controls, "scene"),
    Check("render", "ends when it is told to stop", stops, "scene"),
    Check("render", "has the abilities of its scene", has_what_it_says, "scene"),
)
