"""What a step of a DeepVoxels training compares: a module, so that ranks divide its gradients.

Each rank draws some of a step's targets; `dividing.py` has what makes that equal to drawing all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from engines.core import distributed
from engines.deepvoxels.config import FEATURE_PX, DeepVoxelsConfig
from engines.deepvoxels.discriminator import PatchDiscriminator, adversarial_loss
from engines.deepvoxels.dividing import Chance, Statistics
from engines.deepvoxels.network import DeepVoxels
from engines.deepvoxels.training_views import StepViews, TrainingViews

JUDGEMENTS = 3
"""Looks of the discriminator at each target."""


@dataclass(frozen=True)
class TargetLosses:
    """The losses of one step, each a scalar, averaged over this rank's targets."""

    discriminator: Tensor
    adversarial: Tensor
    l1: Tensor


@dataclass(frozen=True)
class TargetPhotographs:
    """[1, 3, S, S] each: the one that is lifted (None: nothing is), and this rank's targets.

    Attributes:
        valid: [1, 1, S, S] bool of each target, what counts of it; None: all.
    """

    lifted: Tensor | None
    targets: tuple[Tensor, ...]
    valid: tuple[Tensor | None, ...]


class TargetComparison(nn.Module):
    """Draws this rank's targets of a step, and compares them."""

    def __init__(self, network: DeepVoxels, discriminator: PatchDiscriminator, config: DeepVoxelsConfig) -> None:
        super().__init__()
        self.share = distributed.here().share_of_batch(config.num_trgt, "num_trgt")
        self.judged = config.adversarial_weight > 0
        self.network, self._config = network, config
        # Where it takes no part its weights get no gradients that ranks could wait for.
        self.discriminator = discriminator if self.judged else None
        self._drawing, self._judging = Chance(), Chance()
        if distributed.here().count > 1:
            like = next(network.parameters())
            side, features = config.img_sidelength - 2 * config.border_px, config.num_grid_feats
            self._drawing = Chance.of(network.rendering_net, like.new_zeros(1, features, FEATURE_PX, FEATURE_PX))
            self._judging = Chance.of(discriminator, like.new_zeros(1, 3, side, side))

    def photographs(self, triplet: StepViews, views: TrainingViews) -> TargetPhotographs:
        """What the step needs of the disk.

        Raises:
            Unreadable: one can't be read.
        """
        lifted = views.photograph(triplet.lifted) if self._config.grid_learning == "integrated" else None
        own = triplet.targets[self.share.rows]
        return TargetPhotographs(
            lifted, tuple(views.photograph(target) for target in own), tuple(views.valid(target) for target in own)
        )

    def forward(
        self, triplet: StepViews, views: TrainingViews, photographs: TargetPhotographs
    ) -> tuple[TargetLosses, Tensor]:
        """The losses, and the new grid without gradients."""
        network = self.network
        grid = network.deepvoxels
        if photographs.lifted is not None:
            grid = network.observe(photographs.lifted, views.lifted(triplet.lifted))
        inpainted = network.inpaint(grid)
        drawn = []
        for place, target in enumerate(triplet.targets):
            if self._is_own(place):
                drawn.append(self._inner(network.draw(inpainted, views.samples(target))[0]))
            else:
                self._drawing.pass_over()
        seen = [self._inner(photograph) for photograph in photographs.targets]
        valid = [None if mask is None else self._inner(mask) for mask in photographs.valid]
        l1 = [_l1(*compared) for compared in zip(drawn, seen, valid, strict=True)]
        # What does not count is 0 in both, so that the discriminator can tell nothing by it.
        drawn = [image if mask is None else image * mask for image, mask in zip(drawn, valid, strict=True)]
        discriminator, adversarial = zip(*self._judge(drawn, seen), strict=True)
        return TargetLosses(*(torch.stack(part).mean() for part in (discriminator, adversarial, l1))), grid.detach()

    def _is_own(self, place: int) -> bool:
        return self.share.begin <= place < self.share.end

    def _inner(self, image: Tensor) -> Tensor:
        border, side = self._config.border_px, self._config.img_sidelength
        return image[:, :, border : side - border, border : side - border]

    def _judge(self, drawn: list[Tensor], seen: list[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """The discriminator's loss and the adversarial one, of each target; nothing where it takes no part."""
        if self.discriminator is None:
            yield from ((image.new_zeros(()), image.new_zeros(())) for image in drawn)
            return
        # Through these no gradient reaches the discriminator: the generator's loss does not move it.
        held = {name: weights.detach() for name, weights in self.discriminator.named_parameters()}
        pairs = iter(zip(drawn, seen, strict=True))
        for place in range(self.share.total):
            if not self._is_own(place):
                for _ in range(JUDGEMENTS):
                    self._judging.pass_over()
                continue
            image, photograph = next(pairs)
            # Fake, real, fake: the discriminator's running means depend on the order.
            fake = adversarial_loss(self.discriminator(image.detach()), real=False)
            real = adversarial_loss(self.discriminator(photograph), real=True)
            convinced = adversarial_loss(functional_call(self.discriminator, held, (image,)), real=True)
            yield (fake + real) * 0.5, convinced

    def statistics(self) -> Statistics:
        """Begins those of a step, before its `forward`."""
        network = self.network
        drawing = [part for part in (network.occlusion_net, network.depth_collapse_net) if part is not None]
        parts: list[tuple[nn.Module, int]] = [(part, 1) for part in (*drawing, network.rendering_net)]
        if self.discriminator is not None:
            parts.append((self.discriminator, JUDGEMENTS))
        by_target = {id(buffer) for part, _ in parts for buffer in part.buffers()}
        others = [b for name, b in network.named_buffers() if id(b) not in by_target and name != "deepvoxels"]
        return Statistics(self.share, parts, [buffer for buffer in others if buffer.is_floating_point()])


def _l1(image: Tensor, photograph: Tensor, valid: Tensor | None) -> Tensor:
    """The mean absolute difference of [1, 3, H, W] over the pixels that count; 0 where none does."""
    if valid is None:
        return F.l1_loss(image, photograph)
    return ((image - photograph).abs() * valid).sum() / (3 * valid.sum()).clamp(min=1)
