"""What an engine may be able to do besides what every engine does: optional protocols, asked for by `isinstance`.

An engine has an ability by having its members, all of them; nothing is registered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from torch import Tensor

from engines.core.camera import Array
from engines.core.config import TrainingConfig
from engines.core.data.dataset import Dataset
from engines.core.engine import AnyEngine
from engines.core.storage.checkpoint import Checkpoint

TakenConfig = TypeVar("TakenConfig", bound=TrainingConfig, contravariant=True)


@runtime_checkable
class ReadsUpstream(Protocol):
    """Opens files of the authors' code as they are."""

    def recognises(self, content: Mapping[str, Any]) -> bool:
        """Whether this is of this method, by its keys and shapes; never raises, whatever comes.

        It is what a torch file holds, or the tensors of a TensorFlow checkpoint by their names there.
        """
        ...

    def read_upstream(self, content: Mapping[str, Any], path: Path) -> Checkpoint:
        """Reads a file of the authors' code; the configuration comes off the tensors.

        Raises:
            UserError: a tensor is missing or misshapen.
        """
        ...


@runtime_checkable
class WritesUpstream(Protocol):
    """Writes files that the authors' code loads."""

    def write_upstream(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        """What the authors' code would `torch.save`.

        Raises:
            UserError: the checkpoint lacks what their code needs.
        """
        ...


@runtime_checkable
class HasConfigurationFile(Protocol):
    """Its authors keep what a network's tensors can't tell in a file of their own, beside it or elsewhere.

    One that lies beside a checkpoint is found by `read_upstream` itself.
    """

    def read_configured(self, content: Mapping[str, Any], path: Path, configuration: Path) -> Checkpoint:
        """An author's checkpoint as `read_upstream` makes it, with the options of the file `configuration`.

        Raises:
            UserError: also where the file can't be read, or is of another network.
        """
        ...

    def configuration_text(self, checkpoint: Checkpoint, weights: str) -> str:
        """The YAML that the authors' code needs beside weights in a file of that name."""
        ...


@runtime_checkable
class NamesUpstream(Protocol):
    """Its authors' files are others than torch's, or are called otherwise than by whoever saves them."""

    upstream_suffix: str
    """Of their checkpoints: ".index" of TensorFlow's, whose variables `WritesUpstream` gives then; else torch's."""
    configuration_name: str
    """Of the file of options beside them, which `HasConfigurationFile` has the text of."""


@runtime_checkable
class ReadsFiles(Protocol):
    """Opens files of other programs that are neither torch's nor TensorFlow's, or folders with such."""

    file_suffixes: tuple[str, ...]
    """That such files have, in small letters, with the dot: for those who choose one."""

    def detects(self, path: Path) -> bool:
        """Whether this is one for it, whole or damaged, by name and first bytes; never raises, whatever is there."""
        ...

    def read_file(self, path: Path) -> Checkpoint:
        """Reads it.

        Raises:
            UserError: it is damaged, or can't be drawn; names the file.
        """
        ...


@runtime_checkable
class WritesFiles(Protocol):
    """Writes its scenes as files of other programs."""

    written_forms: Mapping[str, str]
    """Names of the forms, as `convert --to` takes them, and the suffix of their files, with the dot."""

    def write_file(self, checkpoint: Checkpoint, path: Path, form: str) -> tuple[str, ...]:
        """Writes a scene in one of the forms, whole or not at all; gives lines that say what the form can't keep.

        Raises:
            UserError: the path has another suffix, or can't be written.
        """
        ...


@runtime_checkable
class OnlyDraws(Protocol):
    """Draws what other programs trained: its `train` and `resume` refuse all data by a `UserError`."""

    def example(self) -> Checkpoint:
        """A small scene of its own, that is drawn where of other methods what they trained would be."""
        ...


@runtime_checkable
class TakesInput(Protocol):
    """Makes scenes of photographs, each of an object that it never saw."""

    input_option: str
    """The field of `SceneOptions` that names a photograph, or a folder of photographs, one for each object."""
    input_advice: str
    """What such a photograph should show, for whoever chooses one, in words that follow "Best is"."""

    def takes_input(self, checkpoint: Checkpoint) -> bool:
        """Whether scenes of this checkpoint are made of photographs."""
        ...

    def with_input(self, checkpoint: Checkpoint, dataset: Dataset | None, options: Any) -> Checkpoint:
        """The checkpoint with all that drawing needs of the photographs, so that it is drawn without them.

        Args:
            options: an instance of `SceneOptions`.

        Raises:
            LacksInput: none is named.
            UserError: one can't be read.
        """
        ...


@runtime_checkable
class JudgesData(Protocol):
    """Says beforehand what it can't train on."""

    def unsupported(self, dataset: Dataset) -> str:
        """Why its default options can learn nothing from this data: what `train` would refuse with, without the folder.

        In plain words, "" where something can be learnt. No photograph is read, headers at most.

        Raises:
            UserError: a view's files can't be read.
        """
        ...


@runtime_checkable
class SuggestsOptions(Protocol):
    """Knows options that some data asks for."""

    def suggested(self, dataset: Dataset) -> Mapping[str, Any]:
        """Fields of `Config` that this data asks to be otherwise than in any preset."""
        ...


@dataclass(frozen=True, eq=False)
class FilledBox:
    """The part of the world that a method's scenes can fill.

    Attributes:
        bounds: [2, 3] box, world.
        text: where it is and what says so, in plain words.
        doubt: why little can be learnt there; "" where nothing speaks against it.
    """

    bounds: Array
    text: str
    doubt: str = ""


@runtime_checkable
class FillsBox(Protocol[TakenConfig]):
    """Its scenes lie in a box, and show nothing beside it."""

    def box(self, dataset: Dataset, config: TakenConfig) -> FilledBox | None:
        """The box that a training on this data would fill; None where nothing can be learnt. May read some masks.

        Raises:
            UserError: the photographs show nothing of it.
        """
        ...


@runtime_checkable
class KnowsWeights(Protocol[TakenConfig]):
    """Says what its scene files must hold, so that damaged ones are refused before anything is built."""

    def weights_to_draw(self, config: TakenConfig, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Tensors that drawing needs, by name: their shapes, on the meta device; the file holds `weights`."""
        ...


@runtime_checkable
class HasViewingWeights(Protocol):
    """Its checkpoints hold tensors that only training uses."""

    def viewing_weights(self, checkpoint: Checkpoint) -> Checkpoint:
        """The checkpoint with only what drawing needs."""
        ...


@runtime_checkable
class ChoosesPrimitives(Protocol):
    """Its scenes are of primitives that can be left out (`LeavesOut`), and so are its checkpoints."""

    def with_primitives(self, checkpoint: Checkpoint, kept: Array) -> Checkpoint:
        """The checkpoint of some of its primitives alone, which draws what the scene draws `without` the others.

        Args:
            kept: [N] bool in the order of `LeavesOut.primitives`; one of them at least is.

        Raises:
            ValueError: there are not N of them.
        """
        ...


@runtime_checkable
class KeepsDerived(Protocol):
    """Makes something of a scene's weights before it can be drawn, and finds it again in scene files that keep it.

    `open` gets it in `Checkpoint.derived`, from files of others, too: the engine tells by itself whether it is whole
    and of these weights and options, and makes it again where it isn't. So pictures never depend on it.
    """

    def derived(self, checkpoint: Checkpoint, options: Any) -> Mapping[str, Tensor]:
        """What a file is to keep of it, on the CPU: some MB at most, made in some seconds.

        Args:
            options: an instance of `SceneOptions`.

        Raises:
            UserError: as `open`, which is given no data folder.
        """
        ...


def reason_against(engine: AnyEngine, dataset: Dataset) -> str:
    """Why a method can't train on this data, in plain words; "" where it can, or doesn't judge.

    Raises:
        UserError: a view's files can't be read.
    """
    return engine.unsupported(dataset) if isinstance(engine, JudgesData) else ""


def suggested_options(engine: AnyEngine, dataset: Dataset) -> Mapping[str, Any]:
    """The options that this data asks the method for; none of a method that doesn't say."""
    return engine.suggested(dataset) if isinstance(engine, SuggestsOptions) else {}
