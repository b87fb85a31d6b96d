"""The checks of a scene: that it opens from a file as from memory, and draws what it says in the size asked for."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

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
    small_camera,
)
from engines.core.camera import Camera
from engines.core.config import make_options
from engines.core.contract import opened
from engines.core.engine import Scene, never_stop, whole_controls
from engines.core.errors import BrokenContract, Cancelled, Lacking, UserError
from engines.core.frame import ALPHA, Frame
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.scene_file import read_scene_file, write_scene_file

SIZES = ((33, 7), (16, 24), (1, 1))
"""(width, height) that are tried where any can be drawn."""
FARTHEST = 1.0
"""How far an untrained picture may leave [0, 1]; whoever shows it clamps."""
STRANGE = (math.nan, -math.inf, math.inf)
UNIT = 1e-3
"""How far the length of a direction may be from 1, and an alpha from [0, 1]."""


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
    memory = whole_picture(trial)
    # A scene that keeps something of what it was built with, by chance, is another one now.
    others_draw()
    file = open_checkpoint(trial, kept)
    if found := difference(memory, channels(file, draw(file))):
        raise Failure(f"from its file it draws another picture than from memory: {found}")


def whole_picture(trial: Trial) -> dict[str, Tensor]:
    """What is drawn of the last checkpoint; drawn once, for all checks that compare with it."""
    if trial.picture is None:
        scene = open_checkpoint(trial, replace(trial.checkpoints[-1], training=None))
        trial.picture = channels(scene, draw(scene))
    return trial.picture


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
    _require_range(frame.image, "image", "colours", FARTHEST)
    if ("depth" in scene.channels) != (frame.depth is not None):
        raise Failure(
            'channels names "depth", and the frame\'s depth is None'
            if frame.depth is None
            else 'the frame has a depth, and channels does not name "depth"'
        )
    if frame.depth is not None:
        _require(frame.depth, "depth", (height, width), scene, infinite=True)
        # 0 is what the camera itself stands in: of some, beside what is farther and never infinite, it means nothing.
        seen = frame.depth[frame.depth > 0]
        stands_within = not len(seen) or bool(seen.isposinf().any())
        behind = int((frame.depth < 0).sum() if stands_within else (frame.depth <= 0).sum())
        if behind:
            raise Failure(f"the frame's depth has {behind} of 0 or less among its {frame.depth.numel()} values; "
                          "what is hit lies before the camera, and where nothing is hit use +inf")  # fmt: skip
    for name in scene.channels:
        if name in ("rgb", "depth"):
            continue
        if name not in frame.extra:
            raise Failure(f"channels names {name!r}, and the frame's extra does not have it")
        tensor = frame.extra[name]
        if isinstance(tensor, Tensor) and tensor.ndim == 3 and tensor.shape[2] not in (1, 3):
            raise Failure(f"the frame's extra[{name!r}] has {tensor.shape[2]} values a pixel; 1 or 3 can be shown")
        _require(tensor, f"extra[{name!r}]", (height, width, *tensor.shape[2:3]), scene)
        _require_meaning(tensor, name)
    if frame.backdrop is not None:
        _require_backdrop(frame.backdrop, scene)
    if strange := [name for name in frame.extra if name not in scene.channels]:
        raise Failure(f"the frame's extra has {', '.join(strange)}, which channels does not name")


def _require_backdrop(backdrop: object, scene: Scene) -> None:
    """Whether it is a colour, of a frame that something may be seen through."""
    if ALPHA not in scene.channels:
        raise Failure(f"the frame has a backdrop, and channels does not name {ALPHA!r}: nothing is seen of it")
    is_colour = isinstance(backdrop, tuple) and len(backdrop) == 3 and all(isinstance(x, float) for x in backdrop)
    if not (is_colour and all(0 <= x <= 1 for x in backdrop)):  # type: ignore[attr-defined]
        raise Failure(f"the frame's backdrop is {backdrop!r}; it must be a tuple of three floats in [0, 1], or None")


def _require_meaning(tensor: Tensor, name: str) -> None:
    """Whether a channel is what its name or its three values a pixel say that it is."""
    what = f"extra[{name!r}]"
    if name == ALPHA:
        if tensor.ndim != 2:
            raise Failure(f"the frame's {what} is {list(tensor.shape)}; how opaque a pixel is is one number: [H, W]")
        _require_range(tensor, what, "opacities", UNIT)
    elif name == "normals":
        lengths = tensor.norm(dim=2) if tensor.ndim == 3 else tensor.abs()
        if not bool(((lengths < UNIT) | ((lengths - 1).abs() < UNIT)).all()):
            raise Failure(f"the frame's {what} has lengths from {lengths.min().item():.3g} to "
                          f"{lengths.max().item():.3g}; directions have length 1, or 0 where nothing is")  # fmt: skip
    elif tensor.ndim == 3 and tensor.shape[2] == 3:
        _require_range(tensor, what, "colours", FARTHEST)


def _require_range(tensor: Tensor, name: str, what: str, slack: float) -> None:
    if tensor.numel() and not bool(((tensor >= -slack) & (tensor <= 1 + slack)).all()):
        low, high = tensor.min().item(), tensor.max().item()
        raise Failure(f"the frame's {name} goes from {low:.3g} to {high:.3g}; {what} lie in [0, 1]")


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


DRAWING = (
    Check("open", "draws from a file what it draws from memory", file_is_checkpoint, "training"),
    Check("open", "draws with a data folder", opens_with_data, "training"),
    Check("open", "draws without a data folder, or says that it needs one", opens_without_data, "training"),
    Check("render", "gives what its channels name", frame_is_as_named, "scene"),
    Check("render", "draws the size that is asked for, or refuses it", draws_sizes, "scene"),
    Check("render", "ends when it is told to stop", stops, "scene"),
)
