"""The check of what a scene may be able to do besides drawing: each ability is tried where it has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.conformance.drawing import require_frame
from app.conformance.gaussians import tries_gaussians
from app.conformance.trial import Check, Failure, Trial, channels, difference, draw, require_kind, small_camera
from engines.core.camera import Camera
from engines.core.contract import checked_scene
from engines.core.engine import (
    TIME,
    Audited,
    FindsSources,
    HasNearPlane,
    HasSources,
    HasSurface,
    HasTimeSteps,
    LearnsPart,
    LearnsSmaller,
    Prepares,
    Staged,
    find_control,
    never_stop,
    whole_controls,
)
from engines.core.errors import Cancelled
from engines.core.frame import Samples
from engines.core.members import is_size
from engines.core.rendering import pixel_renderer, sampled
from engines.core.scene_abilities import (
    ChoosesSources,
    DrawsPixels,
    HasPoints,
    LeavesOut,
    MadeOfGaussians,
    Primitives,
)
from engines.core.surfaces import surface_of

AUDITED_RAYS = 64
LARGEST_ASKED = 100
"""Points at which a surface is tried."""
PARTS = 3
"""In which pixels are drawn, thrown together by chance."""
PIXELS_APART = 1e-3
"""How far a pixel that is drawn with others may be off, of its value where that is above 1: a quarter of a level."""
NEARER = 1e-3
"""How much nearer than its near plane something may be, of its depth: the rounding of float32, and of what is fused."""


def has_what_it_says(trial: Trial) -> str:
    """Tries what the scene may do besides."""
    found, scene = [], trial.drawn
    for ability, (member, tries) in TRIED.items():
        if isinstance(scene, ability):
            found.append(member)
            tries(scene)
    return ", ".join(found)


def _learnt_part(scene: Any) -> None:
    require_kind(scene.trained_part(small_camera(scene)), Camera, "trained_part()")


def _learnt_px(scene: Any) -> None:
    size = scene.trained_px(scene.start.size_px)
    if not is_size(size):
        raise Failure(f"trained_px() gives {size!r}; it must be (width, height)")


def _stages(scene: Any) -> None:
    stages = scene.stages(small_camera(scene))
    require_kind(stages, Mapping, "stages()")
    for stage in stages.values():
        stage()


def _audit(scene: Any) -> None:
    audit = scene.audit(small_camera(scene), whole_controls(scene, {}), AUDITED_RAYS)
    if not (0 <= audit.wrong <= audit.rays <= AUDITED_RAYS):
        raise Failure(f"audit() of {AUDITED_RAYS} rays gives {audit.wrong} wrong ones of {audit.rays}")
    if audit.wrong:
        raise Failure(f"by audit() {audit.wrong} of {audit.rays} rays are drawn otherwise than plainly")


def _draws_pixels(scene: Any) -> None:
    """Draws all pixels in some parts, each thrown together by chance: their picture is that of `render`."""
    if pixel_renderer(scene) is None:
        return
    camera = small_camera(scene)
    mixed = torch.randperm(camera.size_px[0] * camera.size_px[1], generator=torch.Generator().manual_seed(0))
    parts = torch.split(mixed.to(scene.device), -(-len(mixed) // PARTS))
    drawn, in_rows = [sampled(scene, camera, {}, part, never_stop) for part in parts], mixed.argsort()
    image, depths = torch.cat([part.image for part in drawn])[in_rows], [part.depth for part in drawn]
    there = [depth for depth in depths if depth is not None]
    depth = torch.cat(there)[in_rows] if len(there) == len(depths) else None
    extra = {name: torch.cat([part.extra[name] for part in drawn])[in_rows] for name in drawn[0].extra}
    found = scene.frame_of(camera, Samples(image, depth, extra))
    require_frame(scene, found, camera)
    whole = channels(scene, draw(scene))
    for name, tensor in channels(scene, found).items():
        away = (tensor - whole[name]).abs() / whole[name].abs().clamp(min=1)
        apart = away.masked_fill(tensor == whole[name], 0).max().item()
        if not apart <= PIXELS_APART:
            raise Failure(f"frame_of() what draw_pixels() gives in {len(parts)} parts has another {name} than render() "
                          f"by up to {apart:.3g}; a pixel must not depend on which are drawn with it")  # fmt: skip
    try:
        sampled(scene, camera, {}, parts[0], lambda: True)
    except Cancelled:
        return
    raise Failure("stop() said so, and draw_pixels() draws on; it must raise Cancelled")


def _prepare(scene: Any) -> None:
    camera, controls = small_camera(scene), whole_controls(scene, {})
    require_frame(scene, scene.placeholder(camera, controls), camera)
    scene.prepare(camera, controls, never_stop)
    if not scene.prepared(camera, controls):
        raise Failure("prepared() says no after prepare()")
    if scene.cache_key(camera, controls) != scene.cache_key(camera, dict(controls)):
        raise Failure("cache_key() gives other things for one and the same picture; they must be equal")


def _sources(scene: Any) -> None:
    camera, controls = small_camera(scene), whole_controls(scene, {})
    draw(scene)
    _require_cameras(scene.sources(camera, controls), "sources()")
    require_kind(scene.advice(camera, controls), str, "advice()")


def _find_sources(scene: Any) -> None:
    _require_cameras(scene.find_sources(small_camera(scene), whole_controls(scene, {})), "find_sources()")


def _require_cameras(found: object, what: str) -> None:
    if not isinstance(found, tuple) or not found or not all(isinstance(camera, Camera) for camera in found):
        raise Failure(f"{what} of a picture that was drawn must give a tuple of Camera, one at least")


def _chooses(scene: Any) -> None:
    """Makes it of one photograph less, or of the same in another order."""
    controls = whole_controls(scene, {})
    views, chosen = scene.source_views(controls), scene.chosen_sources(controls)
    require_kind(views, Sequence, "source_views()")
    there = isinstance(chosen, tuple) and all(each in range(len(views)) for each in chosen)
    if not there or len(chosen) < scene.least_sources:
        raise Failure(f"chosen_sources() gives {chosen!r}; it must be a tuple of {scene.least_sources} or more numbers "
                      f"of its {len(views)} source_views()")  # fmt: skip
    fewer = tuple(reversed(chosen))[: max(len(chosen) - 1, scene.least_sources)]
    other = checked_scene(scene.made_of(fewer), scene.engine, "made_of()")
    found = other.chosen_sources(controls) if isinstance(other, ChoosesSources) else None
    if found != fewer or scene.chosen_sources(controls) != chosen:
        raise Failure(f"made_of({fewer}) gives a scene whose chosen_sources() are {found!r}")
    draw(other)


def _time_steps(scene: Any) -> None:
    time_steps, control = scene.time_steps(whole_controls(scene, {})), find_control(scene, TIME)
    if control is not None and not (isinstance(time_steps, int) and 1 <= time_steps <= control.high + 1):
        raise Failure(f"time_steps() gives {time_steps!r}; its control {TIME} has {control.high + 1:g} at most")


def _near(scene: Any) -> None:
    depth = draw(scene).depth
    if depth is not None and depth.min().item() < scene.near * (1 - NEARER):
        raise Failure(f"near is {scene.near:g}, and it draws something at a depth of {depth.min().item():g}")


def _surface(scene: Any) -> None:
    """Asks a surface within its box, also for a point and for none."""
    surface = surface_of(scene, scene.engine, whole_controls(scene, {}))
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


def _points(scene: Any) -> None:
    found = scene.points(whole_controls(scene, {}))
    require_kind(found, Mapping, "points()")
    points, colours = (np.asarray(found.get(name, ())) for name in ("points", "colours"))
    if points.ndim != 2 or points.shape[1] != 3 or colours.shape != points.shape:
        raise Failure(f"points() gives points {list(points.shape)} and colours {list(colours.shape)}; both are [N, 3]")
    if not np.isfinite(points).all() or (colours.size and not 0 <= colours.min() <= colours.max() <= 1):
        raise Failure("points() gives places that are not finite, or colours that are not in [0, 1]")


def _leaves_out(scene: Any) -> None:
    """Leaves half of its primitives out, then none: the picture is another one, then the first again."""
    found = scene.primitives()
    require_kind(found, Primitives, "primitives()")
    count = len(found)
    for name, values, shape in (("positions", found.positions, (count, 3)), ("opacities", found.opacities, (count,)),
                                ("sizes", found.sizes, (count,))):  # fmt: skip
        if not isinstance(values, np.ndarray) or values.shape != shape or values.dtype != np.float32:
            raise Failure(f"primitives() gives {name} {list(np.shape(values))}; they must be {list(shape)} of float32")
        if not np.isfinite(values).all():
            raise Failure(f"primitives() gives {name} that are not finite")
    if count and not 0 <= found.opacities.min() <= found.opacities.max() <= 1:
        raise Failure("primitives() gives opacities that are not in [0, 1]")
    whole, half = channels(scene, draw(scene)), np.arange(count) % 2 == 0
    none = half & False
    for what, masks in (("left out", (half, none)), ("tinted", (none, half))):
        less = checked_scene(scene.without(*masks), scene.engine, "without()")
        if not difference(whole, channels(less, draw(less))):
            raise Failure(f"without() draws the same picture where half of its {count} primitives are {what}")
        again = less.without(none, none) if isinstance(less, LeavesOut) else None
        if again is None or difference(whole, channels(again, draw(again))):
            raise Failure("without() of no primitive draws another picture than the scene did at first")


TRIED: Mapping[type, tuple[str, Callable[[Any], None]]] = {
    LearnsPart: ("trained_part", _learnt_part),
    LearnsSmaller: ("trained_px", _learnt_px),
    Staged: ("stages", _stages),
    Audited: ("audit", _audit),
    DrawsPixels: ("draw_pixels", _draws_pixels),
    Prepares: ("prepare", _prepare),
    HasSources: ("sources", _sources),
    FindsSources: ("find_sources", _find_sources),
    ChoosesSources: ("made_of", _chooses),
    HasTimeSteps: ("time_steps", _time_steps),
    HasNearPlane: ("near", _near),
    HasSurface: ("surface", _surface),
    HasPoints: ("points", _points),
    LeavesOut: ("without", _leaves_out),
    MadeOfGaussians: ("gaussians", tries_gaussians),
}
"""By ability what it is called here, and what tries it."""
BESIDE_DRAWING = (Check("render", "has the abilities of its scene", has_what_it_says, "scene"),)
