"""3D Gaussian splats as the program sees them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from engines.core.camera import Array
from engines.core.config import make_options
from engines.core.data.dataset import Dataset
from engines.core.engine import Engine, Scene, Training
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint, SceneInfo
from engines.splats.config import SplatsConfig, SplatsOptions
from engines.splats.files.forms import SUFFIXES, WRITTEN
from engines.splats.splats import ARRAYS, MOST_DEGREE, Splats

UNTRAINED = (
    "splats are only drawn here: train them with another program, such as Brush, and open the .ply that it writes"
)


class SplatsEngine:
    """Scenes of Gaussians that other programs trained (Kerbl et al., SIGGRAPH 2023)."""

    name = "splats"
    title = "3D Gaussian splats"
    Config = SplatsConfig
    SceneOptions = SplatsOptions
    written_forms = WRITTEN
    file_suffixes = SUFFIXES

    def detects(self, path: Path) -> bool:
        """Whether this is a file of splats, or a folder that a trainer of splats leaves."""
        from engines.splats.files import folders, forms

        if not folders.detects(path):
            return False
        # Most .ply are meshes or points; one that is damaged says so when it is read.
        with suppress(UserError):
            return path.suffix.lower() != ".ply" or forms.form_of(path) is not None
        return True

    def read_file(self, path: Path) -> Checkpoint:
        """Reads a file of any form; the cameras that it was trained with are those that lie beside it.

        Raises:
            UserError: it is damaged, or none of splats.
        """
        from engines.splats.files import folders, forms
        from engines.splats.files.axes import UP_BACK, mirrored
        from engines.splats.files.spz_axes import is_copied
        from engines.splats.placement import placed

        file = folders.scene_file(path)
        content, known = forms.read_splats(file), folders.known_cameras(file)
        splats, copied = content.splats, is_copied(content.splats, known.cameras) if content.axes_unsaid else False
        if copied:
            splats = mirrored(splats, UP_BACK)
        config = SplatsConfig(antialiased=splats.antialiased)
        notes = [*content.notes, *known.notes]
        if known.cameras and known.source is not None:
            # A model of COLMAP is called by a number mostly.
            called = "/".join(known.source.parts[-2 if known.source.is_dir() else -1 :])
            notes.append(f"the cameras are those of {called}, which lies beside the file")
            if copied:
                notes.append(
                    f"{file.name} names no axes; by what these cameras see they are a .ply's: right, down, forward"
                )
        info = placed(splats, known.cameras, untold=copied is None)
        return Checkpoint(self.name, config.model_dump(), 0, splats.tensors, info, notes=tuple(notes))

    def weights_to_draw(self, config: SplatsConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The arrays of `Splats`, as many as there are positions; tensors on the meta device."""
        positions, scales, harmonics = (weights.get(name) for name in ("positions", "log_scales", "harmonics"))
        count = len(positions) if positions is not None and positions.ndim else 0
        flat = scales is not None and scales.ndim == 2 and scales.shape[1] == 2
        terms = harmonics.shape[1] if harmonics is not None and harmonics.ndim == 3 else 1
        if terms not in [(degree + 1) ** 2 for degree in range(MOST_DEGREE + 1)]:
            terms = 1
        shapes = ((count, 3), (count, 2 if flat else 3), (count, 4), (count,), (count, terms, 3))
        return {name: torch.empty(shape, device="meta") for name, shape in zip(ARRAYS, shapes, strict=True)}

    def open(
        self, checkpoint: Checkpoint, device: torch.device, dataset: Dataset | None, options: SplatsOptions
    ) -> Scene:
        """The scene; with a data folder it has its cameras.

        Raises:
            UserError: the checkpoint's arrays are no splats.
        """
        from engines.splats.placement import placed, scene_box
        from engines.splats.scene import SplatScene

        try:
            splats = Splats.of_tensors(checkpoint.weights, options.antialiased)
        except (KeyError, ValueError) as error:
            raise UserError(f"these are no splats: {error}") from error
        if dataset is not None:
            info = replace(SceneInfo.of_dataset(dataset), bounds=scene_box(splats))
        else:
            info = checkpoint.scene or placed(splats)
        return SplatScene(splats, info, device, options)

    def unsupported(self, dataset: Dataset) -> str:
        """Why nothing is trained."""
        return UNTRAINED

    def train(self, dataset: Dataset, config: SplatsConfig, device: torch.device, seed: int) -> Training:
        """Refuses.

        Raises:
            UserError: always.
        """
        raise UserError(f"{dataset.source}: {UNTRAINED}")

    def resume(self, dataset: Dataset, checkpoint: Checkpoint, device: torch.device) -> Training:
        """Refuses.

        Raises:
            UserError: always.
        """
        raise UserError(f"{dataset.source}: {UNTRAINED}")

    def example(self) -> Checkpoint:
        """A ball of splats on a floor."""
        from engines.splats.example import example
        from engines.splats.placement import placed

        splats = example()
        return Checkpoint(self.name, SplatsConfig().model_dump(), 0, splats.tensors, placed(splats))

    def with_primitives(self, checkpoint: Checkpoint, kept: Array) -> Checkpoint:
        """The checkpoint of those splats alone that [N] bools keep; its box is about them.

        Raises:
            ValueError: there are not N splats.
        """
        from engines.splats.placement import scene_box

        splats = Splats.of_tensors(checkpoint.weights)
        if kept.shape != (len(splats),):
            raise ValueError(f"{list(kept.shape)} bools of {len(splats)} splats")
        chosen, info = splats.chosen(kept), checkpoint.scene
        # With a data folder the box was that of the splats, too: see `open`.
        return replace(
            checkpoint,
            weights={**checkpoint.weights, **chosen.tensors},
            scene=replace(info, bounds=scene_box(chosen)) if info is not None else None,
        )

    def write_file(self, checkpoint: Checkpoint, path: Path, form: str) -> tuple[str, ...]:
        """Writes all splats; with them go no cameras.

        Raises:
            UserError: the path has another suffix, or can't be written.
        """
        from engines.splats.files.content import SplatContent
        from engines.splats.files.forms import write_splats

        config = make_options(SplatsConfig, checkpoint.config)
        return write_splats(path, SplatContent(Splats.of_tensors(checkpoint.weights, config.antialiased)), form)


ENGINE: Engine[SplatsConfig, SplatsOptions] = SplatsEngine()
