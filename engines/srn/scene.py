"""A trained SRN, single or class, that can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Camera, look_at
from engines.core.data.dataset import Dataset
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, Audit, Control, Stop, never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.frame import Frame, Samples
from engines.core.networks.conv_inference import fold_batch_norm, fuse, interruptible
from engines.core.storage.checkpoint import INSTANCES, Checkpoint, SceneInfo
from engines.srn.config import UNET_PX, SrnConfig, SrnOptions
from engines.srn.inference import STATE, PackedGenerator, PackedLayer, PackedMarcher, chunk_rays, follow, pack
from engines.srn.network import Mlp, Srn
from engines.srn.tiles import LEAST_PX, MarchRays, PixelRays, TiledMarch, tiles_by_chance

ASSUMED_FOCAL = 525 / 512
"""Focal length of the authors' ShapeNet renderings, in picture sides."""
ASSUMED_DISTANCE = 1.3
"""Of the camera from the object, as in the authors' ShapeNet renderings."""


def find_info(checkpoint: Checkpoint, dataset: Dataset | None) -> tuple[SceneInfo, tuple[str, ...]]:
    """Cameras and box from the data folder, else the scene file, else assumed; and what was assumed.

    The objects' names are the checkpoint's, where it has some: they are in the order of its codes.
    """
    if dataset is not None:
        info, saved = SceneInfo.of_dataset(dataset), checkpoint.scene
        if saved is None:
            return info, ()
        hints = {name: value for name, value in info.hints.items() if name != INSTANCES}
        names = {name: value for name, value in saved.hints.items() if name == INSTANCES}
        return replace(info, hints=hints | names), ()
    if checkpoint.scene is not None:
        return checkpoint.scene, ()
    up = np.array([0.0, 0.0, 1.0])
    eye = ASSUMED_DISTANCE * np.array([0.0, -np.cos(0.4), np.sin(0.4)])
    side = UNET_PX
    start = Camera(look_at(eye, np.zeros(3), up), (ASSUMED_FOCAL * side,) * 2, (side / 2, side / 2), (side, side))
    info = SceneInfo(start, (), np.array([[-0.5] * 3, [0.5] * 3]), up)
    return info, (
        "focal length 525/512 of the picture's side, object of size 1 at the origin, up +z: this checkpoint carries "
        "no cameras; give its data folder",
    )


class SrnScene:
    """Draws any size, pixel by pixel; with the U-Net renderer 128x128 only."""

    engine = "srn"
    cropped_px = border_px = 0
    channels: tuple[str, ...] = ("rgb", "depth", "normals")

    def __init__(
        self,
        config: SrnConfig,
        weights: Mapping[str, Tensor],
        info: SceneInfo,
        assumptions: tuple[str, ...],
        device: torch.device,
        options: SrnOptions,
        learnt_side: int | None = None,
    ) -> None:
        """Prepares the scene.

        Args:
            weights: in the shapes that `Srn` has.
            learnt_side: of the pictures that were trained on last, pixels; None where that is not known.
        """
        self.device, self.options, self.assumptions = device, options, assumptions
        self._learnt_side = learnt_side
        self.bounds, self.up, self.cameras = info.bounds, info.up, info.cameras
        self.draws_pixels = not config.use_unet_renderer
        self.native_px: tuple[int, int] | None = None if self.draws_pixels else (UNET_PX, UNET_PX)
        self.start = info.start.square().resized(self.native_px) if self.native_px else info.start
        self._middle = torch.tensor(self.bounds.mean(axis=0), dtype=torch.float32, device=device)
        self._build(config, weights)
        self.instances = self._names(config, tuple(str(name) for name in info.hints.get(INSTANCES, ())))
        self.controls = self._controls()
        self._phi: tuple[tuple[float, ...], list[PackedLayer]] | None = None
        self._begun: tuple[Camera, list[PackedLayer], TiledMarch] | None = None

    def trained_part(self, camera: Camera) -> Camera:
        """The centred square."""
        return camera.square()

    def trained_px(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """The square that photographs were brought to, as the authors' test has it; else their own size."""
        return size_px if self._learnt_side is None else (self._learnt_side, self._learnt_side)

    def _build(self, config: SrnConfig, weights: Mapping[str, Tensor]) -> None:
        with torch.device("meta"):
            network = Srn(config)
        needed = {name: tensor.to(self.device, torch.float32) for name, tensor in weights.items()}
        network.load_state_dict(needed, assign=True)
        network.eval().requires_grad_(False)
        self._network, self._marcher = network, PackedMarcher(network.ray_marcher)
        self._stop: list[Stop] = [never_stop]
        generator = network.pixel_generator
        if isinstance(generator, Mlp):
            self._generate: Callable[[Tensor], Tensor] = PackedGenerator(generator)
        else:
            fold_batch_norm(generator)
            fuse(generator, self.device)
            interruptible(generator, self._stop)
            self._generate = lambda features: generator(features[None])[0]

    def _names(self, config: SrnConfig, names: tuple[str, ...]) -> tuple[str, ...]:
        if config.fit_single_srn:
            return ()
        # A data folder may hold more objects than were learnt; those come last.
        if len(names) >= config.num_instances:
            return names[: config.num_instances]
        return tuple(str(index) for index in range(config.num_instances))

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
        """[L] the code that the controls choose; None where there is only one scene.

        Raises:
            UserError: no such instance.
        """
        if not self.instances:
            return None
        table = self._network.latent_codes.weight  # type: ignore[union-attr]
        rows = [self._row(controls.get(name, default)) for name, default in ((INSTANCE, 0), (BLEND_WITH, 0))]
        share = float(controls.get(BLEND, 0.0))
        return table[rows[0]] if share == 0 else torch.lerp(table[rows[0]], table[rows[1]], share)

    def _row(self, value: float) -> int:
        index = round(value)
        if not 0 <= index < len(self.instances):
            raise UserError(f"instance {index}: this class has instances 0 to {len(self.instances) - 1}")
        return index

    def render(self, camera: Camera, controls: Mapping[str, float] | None = None, stop: Stop = never_stop) -> Frame:
        """The picture from `camera`, its depth and normals.

        Raises:
            Cancelled: `stop` said so; it is asked at each step of the ray marcher.
            UserError: no such instance, or the camera's size is not `native_px`.
        """
        if self.native_px is not None and camera.size_px != self.native_px:
            width, height = camera.size_px
            raise UserError(f"the U-Net renderer draws {UNET_PX}x{UNET_PX} pixels only, not {width}x{height}")
        return self.draw(camera, controls or {}, self.options.initial_depth, stop)

    def draw(
        self, camera: Camera, controls: Mapping[str, float], initial_depth: float | Tensor, stop: Stop = never_stop
    ) -> Frame:
        """The frame as `render` has it, of rays that begin at `initial_depth`: one for all, or [H, W] by pixel."""
        width, height = camera.size_px
        every = torch.arange(height * width, device=self.device)
        return self.frame_of(camera, self._samples(camera, controls, every, initial_depth, stop))

    def draw_pixels(self, camera: Camera, controls: Mapping[str, float], pixels: Tensor, stop: Stop) -> Samples:
        """Some of the pixels [N], as `render` has them but for the rounding of float32.

        Raises:
            Cancelled: `stop` said so; it is asked at each step of the ray marcher.
            UserError: no such instance.
            ValueError: the renderer is the U-Net, of which each pixel needs others.
        """
        if not self.draws_pixels:
            raise ValueError("the U-Net renderer draws whole pictures only")
        return self._samples(camera, controls, pixels, self.options.initial_depth, stop)

    def frame_of(self, camera: Camera, samples: Samples) -> Frame:
        """The picture of all pixels' colours and depths, and its normals."""
        if samples.depth is None:
            raise ValueError("pixels of this scene have a depth")
        width, height = camera.size_px
        depth = samples.depth.view(height, width)
        return Frame(samples.image.view(height, width, 3), depth, NormalsOnDemand(depth, camera))

    def _check(self) -> None:
        if self._stop[0]():
            raise Cancelled

    def _scene(self, controls: Mapping[str, float]) -> list[PackedLayer]:
        """Phi, made anew only where the controls changed."""
        key = tuple(float(controls.get(name, 0.0)) for name in (INSTANCE, BLEND_WITH, BLEND))
        if self._phi is None or self._phi[0] != key:
            code = self.code(controls)
            self._phi = (key, pack(self._network.scene(None if code is None else code[None])))
        return self._phi[1]

    @torch.inference_mode()
    def _samples(
        self,
        camera: Camera,
        controls: Mapping[str, float],
        pixels: Tensor,
        initial_depth: float | Tensor,
        stop: Stop,
    ) -> Samples:
        """Colours and depths of pixels [N]; of all with the U-Net."""
        self._stop[0] = stop
        rays, phi = PixelRays(camera, self.device), self._scene(controls)
        usual = isinstance(initial_depth, float) and initial_depth == self.options.initial_depth
        if usual and self._in_tiles(rays):
            distances = self._tiles_of(camera, rays, phi, pixels).distances(pixels)[:, None]
        else:
            distances = self._distances(rays, phi, pixels, initial_depth)
        return Samples(self._colours(rays, phi, pixels, distances), (distances / rays.of(pixels)[1])[:, 0])

    def audit(self, camera: Camera, controls: Mapping[str, float], rays: int) -> Audit:
        """Compares rays marched in tiles with the same ones marched each on its own.

        A ray is wrong whose colour is off by more than 1/255, or whose depth by more than a pixel's size.

        Raises:
            UserError: no such instance.
        """
        self._stop[0], steps = never_stop, self.options.tracing_steps
        with torch.inference_mode():
            phi, of_pixels = self._scene(controls), PixelRays(camera, self.device)
            pixels, sample = (found.to(self.device) for found in tiles_by_chance(camera.size_px, rays))
            plainly = self._distances(of_pixels, phi, pixels[sample], self.options.initial_depth)
            if not self._in_tiles(of_pixels):
                return Audit(len(sample), 0, 1 + steps, 1 + steps)
            march = self._new_tiles(of_pixels, phi)
            ends = march.distances(pixels)[sample, None]
            wrong = (ends - plainly).abs()[:, 0] > of_pixels.pixel_angle * self._reach(of_pixels)
            if self.draws_pixels:
                colours, plain = (self._colours(of_pixels, phi, pixels[sample], found) for found in (ends, plainly))
                wrong |= (colours - plain).abs().amax(dim=1) > 1 / 255
            return Audit(len(sample), int(wrong.sum()), 1 + march.evaluated / len(pixels), 1 + steps)

    def _distances(
        self, rays: PixelRays, phi: list[PackedLayer], pixels: Tensor, initial_depth: float | Tensor
    ) -> Tensor:
        """[N, 1] how far along their rays pixels [N] are, each marched on its own; `initial_depth` may be of each."""
        directions, lengths = rays.of(pixels)
        begin = initial_depth.float().view(-1, 1) if isinstance(initial_depth, Tensor) else initial_depth
        states = directions.new_zeros(len(pixels), STATE)
        states[:, :1] = begin * lengths
        march, size = self._march_of(rays, phi), chunk_rays(self.device)
        parts = zip(torch.split(directions, size), torch.split(states, size), strict=True)
        return torch.cat([march(*part, self.options.tracing_steps)[:, :1] for part in parts])

    def _in_tiles(self, rays: PixelRays) -> bool:
        """Whether pictures are marched in tiles: on a GPU each look at how far they bend would be waited for."""
        return self.device.type == "cpu" and min(rays.size_px) >= LEAST_PX

    def _tiles_of(self, camera: Camera, rays: PixelRays, phi: list[PackedLayer], pixels: Tensor) -> TiledMarch:
        """Of a picture; where `pixels` are a part of it the march goes on that began with others."""
        width, height = camera.size_px
        if len(pixels) == width * height:
            self._begun = None
            return self._new_tiles(rays, phi)
        if self._begun is None or self._begun[0] is not camera or self._begun[1] is not phi:
            self._begun = (camera, phi, self._new_tiles(rays, phi))
        return self._begun[2]

    def _new_tiles(self, rays: PixelRays, phi: list[PackedLayer]) -> TiledMarch:
        options, reach = self.options, self._reach(rays)
        return TiledMarch(self._march_of(rays, phi), rays, options.initial_depth, options.tracing_steps, reach)

    def _march_of(self, rays: PixelRays, phi: list[PackedLayer]) -> MarchRays:
        """Marches rays [N, 3] with states [N, STATE] by some steps."""
        return lambda towards, states, steps: self._marcher.march(
            phi, rays.position, towards, states, steps, self._check
        )

    def _reach(self, rays: PixelRays) -> float:
        """How far away from the camera what is seen is, about."""
        return float((rays.position - self._middle).norm())

    def _colours(self, rays: PixelRays, phi: list[PackedLayer], pixels: Tensor, distances: Tensor) -> Tensor:
        """[N, 3] of pixels [N]; the U-Net needs all."""
        size, made = chunk_rays(self.device), []
        for ray, distance in zip(torch.split(rays.of(pixels)[0], size), torch.split(distances, size), strict=True):
            self._check()
            features = follow(phi, torch.addcmul(rays.position, ray, distance))
            made.append(self._generate(features) if self.draws_pixels else features)
        colours = torch.cat(made)
        return (colours if self.draws_pixels else self._generate(colours)) / 2 + 0.5


class NormalsOnDemand(Mapping[str, Tensor]):
    """A frame's normals, made when they are looked at: most frames are shown without."""

    def __init__(self, depth: Tensor, camera: Camera) -> None:
        """`depth`: [H, W] along the camera's +z, world units."""
        self._depth, self._camera = depth, camera
        self._made: Tensor | None = None

    def __getitem__(self, name: str) -> Tensor:
        if name != "normals":
            raise KeyError(name)
        if self._made is None:
            with torch.inference_mode():
                self._made = normals(self._depth, self._camera)
        return self._made

    def __contains__(self, name: object) -> bool:
        return name == "normals"

    def __iter__(self) -> Iterator[str]:
        return iter(("normals",))

    def __len__(self) -> int:
        return 1


def normals(depth: Tensor, camera: Camera) -> Tensor:
    """[H, W, 3] unit normals in the camera's axes, from differences over two pixels.

    They point into the object, +z away from the camera, as the authors'. The outermost pixels have their neighbours'
    (the authors leave them white).
    """
    height, width = depth.shape
    if min(height, width) < 3:
        facing = torch.zeros(height, width, 3, device=depth.device)
        facing[..., 2] = 1
        return facing
    x = (torch.arange(width, device=depth.device) - camera.centre_px[0]) / camera.focal_px[0]
    y = (torch.arange(height, device=depth.device) - camera.centre_px[1]) / camera.focal_px[1]
    points = torch.stack([x[None, :] * depth, y[:, None] * depth, depth])  # [3, H, W]
    down = F.normalize(points[:, 2:, 1:-1] - points[:, :-2, 1:-1], dim=0)
    right = F.normalize(points[:, 1:-1, 2:] - points[:, 1:-1, :-2], dim=0)
    inner = F.normalize(torch.linalg.cross(right, down, dim=0), dim=0)
    return F.pad(inner[None], (1, 1, 1, 1), mode="replicate")[0].permute(1, 2, 0)
