"""Progressive refinement: a picture of a scene that draws single pixels, in rounds, none of them drawn twice.

The first round draws a coarse grid. Each later one draws some times as many pixels as there are: of finer and finer
grids those first where the picture so far has its edges (adaptive sampling). What is not drawn yet is interpolated.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from app.rendering.background import PlainBackground
from app.rendering.grid_interpolation import importance, interpolated, interpolated_depth
from app.rendering.refinement import Refinement
from app.rendering.render_requests import RenderRequest
from engines.core.camera import Array, Camera
from engines.core.device import in_step
from engines.core.engine import Scene, Stop
from engines.core.frame import Frame, Samples
from engines.core.rendering import pixel_renderer, sampled

FIRST_PIXELS = 4096
"""The first round draws at least so many: fewer show little."""
COARSEST = 16
"""The largest stride."""
ROUND_S = 0.25
"""A round takes at least so long: to interpolate and show its picture takes a tenth of a second at a window's size."""
LAST_S = 1.0
"""What takes no longer is drawn in one round."""
GROWTH = (0.5, 3.0)
"""The second round draws so many times what is there, of the clearest edges, which soon shows; later ones so many, as
each costs a picture."""
REST = 1.5
"""Where no more than so many times a round's pixels are left they are drawn with it."""


def first_stride(size_px: tuple[int, int]) -> int:
    """The stride of the first round's grid in pixels, a power of two."""
    stride, (width, height) = COARSEST, size_px
    while stride > 1 and -(-width // stride) * -(-height // stride) < FIRST_PIXELS:
        stride //= 2
    return stride


def rounds(
    scene: Scene,
    request: RenderRequest,
    stop: Stop,
    refinement: Refinement,
    background: PlainBackground,
    full_s: float | None,
) -> Iterator[tuple[Frame, Array | None, float]]:
    """The picture that answers a request, after each round.

    Args:
        scene: one that has a `pixel_renderer`.
        refinement: is told of each round.
        background: what is known of the scene's.
        full_s: how long all of it may take, by pictures before; None before the first.

    Yields:
        The frame, its background [H, W] bool as of `PlainBackground`, and the part of its pixels that are drawn; of
        the last, which is exact, 1.

    Raises:
        Cancelled: `stop` said so.
        UserError: as `Scene.render`.
    """
    picture, number = ProgressivePicture(scene, request.camera, request.controls), 0
    plain: Array | None = None
    while picture.drawn < 1:
        picture.choose()
        refinement.begin_round(request, picture.drawn, picture.coming, picture.full_s or full_s)
        frame, number = picture.draw(stop), number + 1
        if number <= 2 or picture.drawn == 1:
            # Later it hardly changes: the edges are drawn.
            plain = background.pixels(frame.image)
        yield frame, plain, picture.drawn
        refinement.end()


class ProgressivePicture:
    """A picture under way: `choose`, then `draw`, until all is `drawn`."""

    def __init__(self, scene: Scene, camera: Camera, controls: Mapping[str, float]) -> None:
        """`scene`: one that has a `pixel_renderer`; else ValueError."""
        renderer = pixel_renderer(scene)
        if renderer is None:
            raise ValueError(f"method {scene.engine}: this scene draws whole pictures only")
        self._renderer, self._scene, self._camera, self._controls = renderer, scene, camera, controls
        width, height = camera.size_px
        self._stride = first_stride(camera.size_px)
        self._image = torch.zeros(3, height * width, device=scene.device)
        self._depth: Tensor | None = None
        self._known = torch.zeros(height, width, dtype=torch.bool, device=scene.device)
        self._parts, self._count = list[tuple[Tensor, Samples]](), 0
        self._next = self._gain = torch.empty(0, device=scene.device)
        self._began_s: float | None = None

    @property
    def drawn(self) -> float:
        """The part of the pixels that are drawn, in [0, 1]; 1: the picture is exact."""
        return self._count / self._known.numel()

    @property
    def coming(self) -> float:
        """The part of the pixels that the next round draws."""
        return len(self._next) / self._known.numel()

    @property
    def full_s(self) -> float | None:
        """What all of it takes, by what was drawn so far; None before the first round."""
        return (time.perf_counter() - self._began_s) / self.drawn if self._began_s is not None and self._count else None

    def choose(self) -> None:
        """Finds the pixels of the next round."""
        if self._began_s is None:
            self._began_s = time.perf_counter()
            of_grid = torch.zeros_like(self._known)
            of_grid[:: self._stride, :: self._stride] = True
            self._next = of_grid.flatten().nonzero()[:, 0]
            return
        pixel_s, left = (self.full_s or 0.0) / self._known.numel(), self._known.numel() - self._count
        growth = GROWTH[min(len(self._parts), len(GROWTH)) - 1]
        count = max(int(growth * self._count), int(ROUND_S / max(pixel_s, 1e-12)))
        if left <= REST * count or left * pixel_s <= LAST_S:
            chosen = ~self._known.flatten()
        else:
            # On the CPU: not every device finds it. What gains as little as the last comes too: most often a grid.
            gain = self._gain.flatten()
            least = gain.cpu().kthvalue(len(gain) - count + 1).values.to(gain.device)
            chosen = gain >= least
        self._next = chosen.nonzero()[:, 0]

    def draw(self, stop: Stop) -> Frame:
        """Draws the pixels that were chosen; the picture with what is known of it then.

        Raises:
            Cancelled: `stop` said so.
            UserError: as `Scene.render`.
        """
        stop = in_step(stop, self._scene.device)
        self._take(sampled(self._scene, self._camera, self._controls, self._next, stop))
        with torch.inference_mode():
            width, height = self._camera.size_px
            known, depth, image = self._known.clone(), self._depth, self._image.view(3, height, width)
            if self.drawn < 1:
                image = interpolated(image, known, self._stride)
                self._gain = importance(image, known, self._stride)
                if depth is not None:
                    depth = interpolated_depth(depth.view(height, width), known, self._stride).view(-1)
            extra = ExtraOfParts(self._parts.copy(), known, self._stride)
            flat = image.permute(1, 2, 0).reshape(-1, 3)
        return self._renderer.frame_of(self._camera, Samples(flat, depth, extra))

    def _take(self, samples: Samples) -> None:
        pixels = self._next
        with torch.inference_mode():
            self._image[:, pixels] = samples.image.T
            if samples.depth is not None:
                if self._depth is None:
                    self._depth = samples.depth.new_zeros(self._known.numel())
                self._depth[pixels] = samples.depth
            self._known.view(-1)[pixels] = True
        self._parts.append((pixels, samples))
        self._count += len(pixels)


class ExtraOfParts(Mapping[str, Tensor]):
    """The further channels of a picture that was drawn in parts, put together when they are looked at."""

    def __init__(self, parts: Sequence[tuple[Tensor, Samples]], known: Tensor, stride: int) -> None:
        """Each of the parts: which pixels [N], and these; `known`: [H, W] bool, all of them."""
        self._parts, self._known, self._stride = parts, known, stride
        self._made = dict[str, Tensor]()

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._made:
            self._made[name] = self._whole(name)
        return self._made[name]

    @torch.inference_mode()
    def _whole(self, name: str) -> Tensor:
        first = self._parts[0][1].extra[name]
        planes = first.new_zeros(first[:1].numel(), self._known.numel())
        for pixels, samples in self._parts:
            planes[:, pixels] = samples.extra[name].reshape(len(pixels), -1).T
        planes = interpolated(planes.view(-1, *self._known.shape), self._known, self._stride)
        return planes.permute(1, 2, 0).reshape(self._known.numel(), *first.shape[1:])

    def __contains__(self, name: object) -> bool:
        return name in self._parts[0][1].extra

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts[0][1].extra)

    def __len__(self) -> int:
        return len(self._parts[0][1].extra)
