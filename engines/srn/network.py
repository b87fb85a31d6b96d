"""The networks of SRN (paper, sections 3.1 to 3.3), as trained; `inference.py` prepares them for drawing.

Parameters go by the authors' names. Points and features are [B, N, C]; a batch entry is one picture of one instance.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.core.networks.unet import Unet2d
from engines.srn.config import GENERATOR_LAYERS, HIDDEN, PHI_LAYERS, UNET_PX, SrnConfig

LSTM_FEATURES = 16
INITIAL_DEPTH = (0.05, 5e-4)
"""Mean and standard deviation of the depth at which rays begin."""
LARGEST_GRADIENT = 10.0


class NormalisedLinear(nn.Module):
    """Linear, LayerNorm, ReLU."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(in_features, out_features), nn.LayerNorm([out_features]), nn.ReLU())

    def as_layer(self) -> PhiLayer:
        """The layer as data; its tensors are the parameters themselves."""
        linear, norm = cast(nn.Linear, self.net[0]), cast(nn.LayerNorm, self.net[1])
        return PhiLayer(linear.weight, linear.bias, norm.weight, norm.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Features of the shape [..., C'], >= 0, of inputs [..., C]."""
        return self.net(x)  # type: ignore[no-any-return]


class Mlp(nn.Module):
    """Normalised layers, the last one plain where asked: [..., C] -> [..., C']."""

    def __init__(self, widths: Sequence[int], plain_end: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = [NormalisedLinear(a, b) for a, b in itertools.pairwise(widths)]
        if plain_end:
            layers[-1] = nn.Linear(widths[-2], widths[-1])
        self.net = nn.Sequential(*layers)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Outputs of the shape [..., C'] of inputs [..., C]."""
        return self.net(x)  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class PhiLayer:
    """One layer of phi, ready to be applied: linear, LayerNorm, ReLU.

    Attributes:
        weight: [C', C], or [B, C', C] where each batch entry has its own.
        bias: [C'], or [B, 1, C'].
        scale, shift: [C'] of the norm; None: 1 and 0.
    """

    weight: Tensor
    bias: Tensor
    scale: Tensor | None = None
    shift: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Features [B, N, C'], >= 0, at inputs [B, N, C]; of one set of weights [..., C'] of [..., C]."""
        one = self.weight.dim() == 2
        x = F.linear(x, self.weight, self.bias) if one else x @ self.weight.transpose(-1, -2) + self.bias
        return F.layer_norm(x, x.shape[-1:], self.scale, self.shift).relu_()


Phi = Sequence[PhiLayer]
"""The scene: point -> features."""


def apply(phi: Phi, points: Tensor) -> Tensor:
    """Features [B, N, 256], >= 0, at points [B, N, 3] in the world; of one scene [..., 256] at [..., 3]."""
    for layer in phi:
        points = layer(points)
    return points


class HyperLinear(nn.Module):
    """Predicts one linear layer from a code [B, L]."""

    def __init__(self, code_size: int, in_features: int, out_features: int) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        total = in_features * out_features + out_features
        # One hidden layer as wide as the code, and another before the plain end, as the authors' FCBlock counts.
        self.hypo_params = Mlp((code_size, code_size, code_size, total), plain_end=True)
        with torch.no_grad():
            self.hypo_params.net[-1].weight.mul_(0.1)  # type: ignore[operator]

    def forward(self, code: Tensor) -> PhiLayer:
        """A layer of its own for each code [B, L]: weight [B, C', C], bias [B, 1, C']."""
        flat = self.hypo_params(code)
        weight, bias = flat.split([self.in_features * self.out_features, self.out_features], dim=-1)
        return PhiLayer(weight.unflatten(-1, (self.out_features, self.in_features)), bias.unsqueeze(-2))


class HyperLayer(nn.Module):
    """Predicts one layer of phi; its norm has no parameters."""

    def __init__(self, code_size: int, in_features: int, out_features: int) -> None:
        super().__init__()
        self.hyper_linear = HyperLinear(code_size, in_features, out_features)

    def forward(self, code: Tensor) -> PhiLayer:
        """A layer of phi of its own for each code [B, L]."""
        return self.hyper_linear(code)  # type: ignore[no-any-return]


class HyperNetwork(nn.Module):
    """Predicts phi from a code."""

    def __init__(self, code_size: int) -> None:
        super().__init__()
        widths = (3, *(HIDDEN,) * PHI_LAYERS)
        pairs = itertools.pairwise(widths)
        self.layers = nn.ModuleList([HyperLayer(code_size, before, after) for before, after in pairs])

    def forward(self, code: Tensor) -> Phi:
        """Phi, from points to 256 features, of its own for each code [B, L]."""
        return [layer(code) for layer in self.layers]


class RayMarcher(nn.Module):
    """An LSTM that says how far to go along each ray, from the features where the ray is."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTMCell(HIDDEN, LSTM_FEATURES)
        self.out_layer = nn.Linear(LSTM_FEATURES, 1)
        with torch.no_grad():
            for name, weights in self.lstm.named_parameters():
                if "bias" in name:
                    # The gate that forgets begins open. (The authors mean to set the others, too; their code does not.)
                    weights[LSTM_FEATURES : 2 * LSTM_FEATURES] = 1.0

    def forward(self, phi: Phi, origins: Tensor, rays: Tensor, steps: int) -> Tensor:
        """[B, N, 3] where the rays end.

        Args:
            origins: [B, N, 3] where they begin.
            rays: [B, N, 3] unit vectors.
        """
        points, state = origins, None
        for _ in range(steps):
            features = apply(phi, points)
            hidden, memory = self.lstm(features.flatten(0, 1), state)
            if hidden.requires_grad:
                hidden.register_hook(lambda gradient: gradient.clamp(-LARGEST_GRADIENT, LARGEST_GRADIENT))
            state = (hidden, memory)
            points = points + rays * self.out_layer(hidden).view(*points.shape[:2], 1)
        return points


class UnetRenderer(nn.Module):
    """Colours of a whole picture at once: [B, 128 * 128, 256] -> [B, 128 * 128, 3] in [-1, 1]."""

    def __init__(self, nf0: int) -> None:
        """A U-Net with `nf0` features at its top level."""
        super().__init__()
        levels = UNET_PX.bit_length() - 1
        unet = Unet2d(HIDDEN, 3, nf0, levels, 8 * nf0, dropout=True, plain_end=True)
        self.net = nn.Sequential(unet, nn.Tanh())

    def forward(self, features: Tensor) -> Tensor:
        """Colours [B, 128 * 128, 3] in [-1, 1] of features [B, 128 * 128, 256], pixels row by row."""
        image = features.transpose(1, 2).reshape(len(features), HIDDEN, UNET_PX, UNET_PX)
        return self.net(image).flatten(2).transpose(1, 2)  # type: ignore[no-any-return]


class Srn(nn.Module):
    """All parts."""

    def __init__(self, config: SrnConfig) -> None:
        super().__init__()
        self.tracing_steps = config.tracing_steps
        self.phi: Mlp | None = None
        self.hyper_phi: HyperNetwork | None = None
        self.latent_codes: nn.Embedding | None = None
        if config.fit_single_srn:
            self.phi = Mlp((3, *(HIDDEN,) * PHI_LAYERS))
        else:
            self.latent_codes = nn.Embedding(config.num_instances, config.embedding_size)
            nn.init.normal_(self.latent_codes.weight, std=0.01)
            self.hyper_phi = HyperNetwork(config.embedding_size)
        self.ray_marcher = RayMarcher()
        widths = (*(HIDDEN,) * (GENERATOR_LAYERS + 1), 3)
        self.pixel_generator = UnetRenderer(config.nf0) if config.use_unet_renderer else Mlp(widths, plain_end=True)

    def scene(self, codes: Tensor | None) -> Phi:
        """Phi of these codes [B, L]; of the one scene where there are none."""
        if self.hyper_phi is not None and codes is not None:
            return self.hyper_phi(codes)  # type: ignore[no-any-return]
        return layers_of(self.phi)  # type: ignore[arg-type]


def layers_of(mlp: Mlp) -> Phi:
    """The normalised layers as data."""
    return [layer.as_layer() for layer in mlp.net if isinstance(layer, NormalisedLinear)]
