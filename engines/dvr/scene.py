"""A trained DVR scene that can be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Camera, look_at
from engines.core.data.dataset import Dataset
from engines.core.device import to_device
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, Audit, Control, Stop, never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import ALPHA, BLACK, WHITE, Frame, Samples
from engines.core.storage.checkpoint import INSTANCES, Checkpoint, SceneInfo
from engines.dvr.config import PADDING, DvrConfig, DvrOptions
from engines.dvr.cube import Cube
from engines.dvr.drawn_field import GREY, DrawnField
from engines.dvr.inference import PackedLayers
from engines.dvr.kept_grids import MOST_OBJECTS, KeptGrids
from engines.dvr.marching import RaySampling
from engines.dvr.network import CODES, Dvr
from engines.dvr.photographs import Codes, InputPhotographs
from engines.dvr.ray_samples import farthest_coordinate
from engines.dvr.rays import pixel_rays

ASSUMED_FOCAL = 525 / 480
"""Focal length of ShapeNet's usual renderings, in picture sides."""
ASSUMED_DISTANCE = 1.75
"""Of the camera from the cube's middle, in sides of the cube."""
ASSUMED_PX = 256
ASSUMED = "cameras_assumed"
"""The hint that nobody said where the cameras are."""
NO_CAMERAS = (
    "focal length 525/480 of the picture's side, object in the cube of side 1 about the origin, up +y: this checkpoint "
    "carries no cameras; give its data folder"
)
BACKGROUNDS = {"white": WHITE, "black": BLACK}
KEPT_FIELDS = 16
AMBIENT = 0.3
"""Of surfaces without colours."""
LOOKED_AT = 33
"""Points along each side of the cube where a field is looked at that shows nothing."""
EMPTY = "the field has no surface: nothing in it is occupied, and all that is drawn is the background"
LEAST_OCCUPANCY = 1e-4
COARSE = (32, 32)
"""Pixels of a picture, of which it is seen how far its rays go."""


def find_info(checkpoint: Checkpoint, dataset: Dataset | None) -> tuple[SceneInfo, tuple[str, ...]]:
    """Cameras, box and cube from the data folder, else the scene file, else assumed; and what was assumed."""
    saved = checkpoint.scene
    if dataset is not None:
        info = SceneInfo.of_dataset(dataset)
        kept = {} if saved is None else {name: value for name, value in saved.hints.items() if name != ASSUMED}
        return replace(info, hints={**info.hints, **kept}), ()
    info = saved or _assumed_info()
    return info, (NO_CAMERAS,) if info.hints.get(ASSUMED) else ()


def _assumed_info() -> SceneInfo:
    up = np.array([0.0, 1.0, 0.0])
    eye = ASSUMED_DISTANCE * np.array([np.cos(0.4) * np.sin(0.7), np.sin(0.4), np.cos(0.4) * np.cos(0.7)])
    focal = ASSUMED_FOCAL * ASSUMED_PX
    start = Camera(look_at(eye, np.zeros(3), up), (focal, focal), (ASSUMED_PX / 2,) * 2, (ASSUMED_PX, ASSUMED_PX))
    return SceneInfo(start, (), Cube().bounds(0.0), up, {**Cube().to_hints(), ASSUMED: True})


def measured_unit(info: SceneInfo) -> float:
    """How many units of the world that the photographs were measured in make one of the scaled world.

    The authors' `depth_range` is in the former.
    """
    scale = np.array(info.hints.get("scale_mat", np.eye(4)), dtype=np.float64)
    size = abs(float(np.linalg.det(scale[:3, :3]))) ** (1 / 3) if scale.shape == (4, 4) else 0.0
    return size if np.isfinite(size) and size > 0 else 1.0


def logit_of(occupancy: float) -> float:
    """The logit of an occupancy, clipped as in the authors' code."""
    clipped = min(max(occupancy, LEAST_OCCUPANCY), 1 - LEAST_OCCUPANCY)
    return math.log(clipped / (1 - clipped))


def not_told(checkpoint: Checkpoint) -> tuple[str, ...]:
    """What neither an authors' file nor a YAML said of how it is drawn, and was assumed."""
    known = checkpoint.config
    if "leaky" in known:
        return ()
    photograph = ", photographs normalised as ImageNet's" if str(known.get("encoder")).startswith("resnet") else ""
    return (
        f"a plain last activation{photograph}, 1024 samples a ray, surface at occupancy 0.5, white background: the "
        "weights don't tell; name their YAML by --config FILE, or put it beside them",
    )


class DvrScene:
    """Draws any size: where each ray first meets the surface, and the colour there."""

    engine = "dvr"
    native_px: tuple[int, int] | None = None
    cropped_px = border_px = 0
    draws_pixels = True
    channels: tuple[str, ...] = ("rgb", "depth", "normals", ALPHA)

    def __init__(
        self,
        config: DvrConfig,
        weights: Mapping[str, Tensor],
        info: SceneInfo,
        assumptions: tuple[str, ...],
        device: torch.device,
        options: DvrOptions,
        inputs: InputPhotographs | None = None,
        derived: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Opens it.

        Args:
            weights: in the shapes that `Dvr` has; and codes [N, c_dim] of objects, where there are some.
            inputs: photographs that it is made of, of networks that need some; else the codes among `weights`.
            derived: `Checkpoint.derived`.
        """
        self.device, self.options = device, options
        self.up, self.cameras, self.start = info.up, info.cameras, info.start
        self.cube = Cube.from_hints(info.hints)
        self.bounds, self._pixel_corners = self.cube.bounds(0.0), config.pixel_corners
        unit = self.cube.side / measured_unit(info)
        unseen = (options.depth_range[0] * unit, options.depth_range[1] * unit)
        self._sampling = RaySampling(options.ray_samples, options.secant_steps, unseen=unseen)
        self._network = _network(config, weights, device)
        self._layers = PackedLayers(self._network.decoder)
        self._codes = _codes(config, weights, self._network, inputs, device)
        self.instances = self._names(tuple(str(name) for name in info.hints.get(INSTANCES, ())), inputs)
        self.controls = self._controls()
        self._assumed = [*assumptions, *(inputs.notes if inputs is not None else ())]
        if config.out_dim == 1:
            self._assumed.append("the network has no colours: drawn grey, lit from the camera")
        self._kept = KeptGrids(derived or {}, weights, config.leaky, logit_of(options.tau))
        self._fields = dict[tuple[float, ...], DrawnField]()

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Also what was found while drawing."""
        return tuple(self._assumed)

    def _names(self, learnt: tuple[str, ...], inputs: InputPhotographs | None) -> tuple[str, ...]:
        if inputs is not None:
            return inputs.names
        count = self._codes.count if self._codes is not None else 0
        return learnt[:count] if len(learnt) >= count else tuple(str(number) for number in range(count))

    def _controls(self) -> tuple[Control, ...]:
        last = len(self.instances) - 1
        if last < 0:
            return ()
        instance = Control(INSTANCE, "Instance", "choice", 0, last, 0, self.instances)
        if last == 0:
            return (instance,)
        other = Control(BLEND_WITH, "Blend with", "choice", 0, last, 1, self.instances)
        return (instance, other, Control(BLEND, "Blend", "number", 0, 1, 0))

    def code(self, controls: Mapping[str, float]) -> Tensor | None:
        """[1, c_dim] the code that the controls choose; None where there is only one scene.

        Raises:
            UserError: no such instance, or its photograph can't be read.
        """
        if self._codes is None:
            return None
        rows = [self._row(controls.get(name, 0.0)) for name in (INSTANCE, BLEND_WITH)]
        share = float(controls.get(BLEND, 0.0))
        first = self._codes.of(rows[0], self.device)
        return first if share == 0 else torch.lerp(first, self._codes.of(rows[1], self.device), share)

    def _row(self, value: float) -> int:
        index = round(value)
        if not 0 <= index < len(self.instances):
            raise UserError(f"instance {index}: there are instances 0 to {len(self.instances) - 1}")
        return index

    def field(self, controls: Mapping[str, float]) -> DrawnField:
        """What the controls choose, made anew only where they changed."""
        share = float(controls.get(BLEND, 0.0))
        names = (INSTANCE, BLEND_WITH) if share else (INSTANCE,)
        key = (share, *(float(round(controls.get(name, 0.0))) for name in names)) if self._codes is not None else ()
        if key not in self._fields:
            if len(self._fields) >= KEPT_FIELDS:
                self._fields.pop(next(iter(self._fields)))
            with torch.inference_mode():
                code = self.code(controls)
                kept = None if share else self._kept.of(round(controls.get(INSTANCE, 0.0)), code, self.device)
                self._fields[key] = DrawnField(self._layers, code, logit_of(self.options.tau), kept)
        return self._fields[key]

    def derived(self) -> Mapping[str, Tensor]:
        """The grids of the first objects, as far as the training cameras' rays need them.

        Raises:
            UserError: an object's photograph can't be read.
        """
        cameras = [camera.resized(COARSE) for camera in (self.start, *self.cameras)]
        rays = [pixel_rays(camera, self.cube, self.device, self._pixel_corners) for camera in cameras]
        radius = max(farthest_coordinate(*of_camera, self._sampling) for of_camera in rays)
        chosen = [{INSTANCE: float(number)} for number in range(max(1, len(self.instances)))][:MOST_OBJECTS]
        return self._kept.to_derived((self.code(controls), self.field(controls).grid(radius)) for controls in chosen)

    def render(self, camera: Camera, controls: Mapping[str, float] | None = None, stop: Stop = never_stop) -> Frame:
        """The picture from `camera`, its depth, normals and opacity; where a ray begins in the object, the depth is 0.

        Raises:
            Cancelled: `stop` said so.
            UserError: no such instance, or its photograph can't be read.
        """
        return self.frame_of(camera, self._samples(camera, controls or {}, None, stop))

    def draw_pixels(self, camera: Camera, controls: Mapping[str, float], pixels: Tensor, stop: Stop) -> Samples:
        """Some of the pixels [N], their normals and opacity.

        Raises:
            Cancelled: `stop` said so.
            UserError: as `render`.
        """
        return self._samples(camera, controls, pixels, stop)

    def frame_of(self, camera: Camera, samples: Samples) -> Frame:
        """The picture of all pixels; normals need no neighbours, but are made when they are looked at."""
        if samples.depth is None:
            raise ValueError("pixels of this scene have a depth")
        width, height = camera.size_px
        extra = Extra(
            {
                "normals": lambda: samples.extra["normals"].view(height, width, 3),
                ALPHA: lambda: samples.extra[ALPHA].view(height, width),
            }
        )
        backdrop = BACKGROUNDS[self.options.background]
        return Frame(samples.image.view(height, width, 3), samples.depth.view(height, width), extra, backdrop)

    def _samples(self, camera: Camera, controls: Mapping[str, float], pixels: Tensor | None, stop: Stop) -> Samples:
        """Pixels [N] of a picture, of None all; raises Cancelled and UserError."""
        if stop():
            raise Cancelled
        field = self.field(controls)
        with torch.inference_mode():
            origins, directions = pixel_rays(camera, self.cube, self.device, self._pixel_corners, pixels)
            found = field.search(origins, directions, self._sampling, stop)
            hit, within = found.numbers()
            distances = found.distances[hit]
            points = origins[hit] + distances[:, None] * directions[hit]
            image = origins.new_full((len(directions), 3), BACKGROUNDS[self.options.background][0])
            depth = origins.new_full((len(directions),), torch.inf)
            depth[hit] = distances
            image[hit] = _colours(field, points, directions[hit], stop)
            if len(within):
                # As in the authors' code what begins in the object is seen at the camera, wherever that stands.
                depth.index_fill_(0, within, 0)
                image[within] = _colours(field, origins[:1], directions[within], stop)
            elif not len(points):
                self._look_for_surface(field)
        seen = (hit, points), (within, origins[:1])
        makers: dict[str, Callable[[], Tensor]] = {
            "normals": lambda: self._normals(field, seen, len(image), camera),
            # A ray meets the surface, or it doesn't.
            ALPHA: lambda: depth.isfinite().float(),
        }
        return Samples(image, depth, Extra(makers))

    def audit(self, camera: Camera, controls: Mapping[str, float], rays: int) -> Audit:
        """Compares the search for the surface with the paper's plain one, along some of the picture's rays.

        Raises:
            UserError: no such instance, or its photograph can't be read.
        """
        with torch.inference_mode():
            drawn = pixel_rays(camera, self.cube, self.device, self._pixel_corners)
            return self.field(controls).audit(*drawn, self._sampling, rays)

    def _look_for_surface(self, field: DrawnField) -> None:
        """Says it where the field is empty everywhere: the background alone could as well be a camera's fault."""
        if field.is_empty is None:
            places = torch.linspace(-0.5 - PADDING / 2, 0.5 + PADDING / 2, LOOKED_AT, device=self.device)
            points = torch.stack(torch.meshgrid(places, places, places, indexing="ij"), dim=-1).view(-1, 3)
            field.is_empty = bool((field.logits(points) < logit_of(self.options.tau)).all())
            if field.is_empty and EMPTY not in self._assumed:
                self._assumed.append(EMPTY)

    def _normals(self, field: DrawnField, seen: Sequence[tuple[Tensor, Tensor]], count: int, camera: Camera) -> Tensor:
        """[count, 3] unit normals in the camera's axes, into the object; 0 where nothing is hit.

        Args:
            seen: numbers [M] of rays, and what they see: points [M, 3], or one [1, 3].
        """
        with torch.inference_mode():
            rotation = to_device(torch.tensor(camera.camera_to_world[:3, :3], dtype=torch.float32), self.device)
            normals = torch.zeros(count, 3, device=self.device)
            for rays, points in (some for some in seen if len(some[0])):
                normals[rays] = F.normalize(field.gradients(points), dim=1) @ rotation
        return normals

    def surface(self, controls: Mapping[str, float]) -> FieldSurface:
        """The surface of what the controls choose.

        Raises:
            UserError: no such instance, or its photograph can't be read.
        """
        return FieldSurface(self.field(controls), self.cube, self.device, logit_of(self.options.threshold))


def _colours(field: DrawnField, points: Tensor, directions: Tensor, stop: Stop) -> Tensor:
    """[N, 3] of points [N, 3], or of one [1, 3], seen along directions [N, 3]; raises Cancelled."""
    if field.has_colours:
        return field.colours(points, stop).expand(len(directions), 3)
    return shaded(field.gradients(points), directions)


def shaded(gradients: Tensor, directions: Tensor) -> Tensor:
    """[N, 3] grey, lit from the camera: brightest where `gradients` [N, 3] go along `directions` [N, 3]."""
    facing = F.cosine_similarity(gradients, directions, dim=1).abs()
    return (GREY * (AMBIENT + (1 - AMBIENT) * facing))[:, None].expand(-1, 3)


def _network(config: DvrConfig, weights: Mapping[str, Tensor], device: torch.device) -> Dvr:
    """The networks for drawing."""
    with torch.device("meta"):
        network = Dvr(config)
    needed = {
        name: tensor.to(device, torch.float32) if tensor.is_floating_point() else tensor.to(device)
        for name, tensor in weights.items()
        if name != CODES
    }
    network.load_state_dict(needed, assign=True)
    network.eval().requires_grad_(False)
    return network


def _codes(
    config: DvrConfig,
    weights: Mapping[str, Tensor],
    network: Dvr,
    inputs: InputPhotographs | None,
    device: torch.device,
) -> Codes | None:
    if not config.c_dim:
        return None
    table = network.encoder.weight if config.encoder == "idx" else None  # type: ignore[union-attr]
    if table is None and inputs is None:
        table = weights[CODES].to(device, torch.float32)
    return Codes(network, table, inputs, config.img_size_input)  # type: ignore[arg-type]


class FieldSurface:
    """The surface of a field, in the world."""

    def __init__(self, field: DrawnField, cube: Cube, device: torch.device, level: float) -> None:
        """`level`: the logit of the surface."""
        self._field, self._cube, self._level = field, cube, level
        self.device, self.bounds = device, cube.bounds()

    @torch.inference_mode()
    def values(self, points: Tensor) -> Tensor:
        """[N] positive inside, of points [N, 3], world."""
        return self._field.logits(self._cube.in_field(points)) - self._level

    @torch.inference_mode()
    def colours(self, points: Tensor) -> Tensor:
        """[N, 3] in [0, 1], of points [N, 3], world."""
        return self._field.colours(self._cube.in_field(points))


class Extra(Mapping[str, Tensor]):
    """Channels that are made when they are looked at."""

    def __init__(self, makers: Mapping[str, Callable[[], Tensor]]) -> None:
        """`makers`: what makes each channel, by its name: [H, W, C] of a picture, [N, C] of some of its pixels."""
        self._makers, self._made = makers, dict[str, Tensor]()

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
