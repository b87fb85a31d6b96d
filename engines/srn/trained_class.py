"""Beginning from a trained class: its networks, its sizes, and its codes of the objects that are known again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from engines.core.errors import UserError
from engines.core.storage.checkpoint import INSTANCES, Checkpoint
from engines.core.storage.checkpoint_file import read_own
from engines.srn import upstream
from engines.srn.config import SrnConfig
from engines.srn.network import Srn

SIZES = ("embedding_size", "use_unet_renderer", "nf0", "tracing_steps")
"""Options that say what a checkpoint's networks are."""


def as_trained(config: SrnConfig, origin: Checkpoint) -> SrnConfig:
    """The run's options, with the sizes of the network that is begun from where none were asked for."""
    # Files of before don't name every size.
    known = SrnConfig(**origin.config)
    sizes = {name: getattr(known, name) for name in SIZES if name not in config.model_fields_set}
    return SrnConfig(**{**config.model_dump(include=config.model_fields_set), **sizes})


def begin_from(network: Srn, origin: Checkpoint, config: SrnConfig, names: Sequence[str]) -> tuple[str, ...]:
    """Takes over the weights of `origin`, and its codes of the objects `names` unless `overwrite_embeddings`.

    Objects are known by their names where the file has some; else as many objects are taken to be the same ones.

    Returns:
        In plain words, what does not go together.

    Raises:
        UserError: it is of other sizes.
    """
    for name in ("use_unet_renderer", "fit_single_srn"):
        if origin.config[name] != getattr(config, name):
            raise UserError(
                f"{config.checkpoint}: was trained with {name}={str(origin.config[name]).lower()}, this run has "
                f"{str(getattr(config, name)).lower()}; they must agree"
            )
    own = network.state_dict()
    for name, tensor in own.items():
        found = origin.weights.get(name)
        if name == upstream.CODES:
            if found is None or found.shape[1] != tensor.shape[1]:
                raise UserError(
                    f"{config.checkpoint}: has no codes of length {tensor.shape[1]}; set embedding_size to its own"
                )
            if not config.overwrite_embeddings:
                own[name] = _codes_taken_over(origin, found, tensor, names)
            continue
        if found is None or found.shape != tensor.shape:
            raise UserError(f"{config.checkpoint}: its {name} does not fit; the network must have the sizes of the run")
        own[name] = found.float() if found.is_floating_point() else found
    network.load_state_dict(own)
    steps = origin.config["tracing_steps"]
    # The authors' files don't say how many.
    if origin.scene is None or steps == config.tracing_steps:
        return ()
    return (f"{config.checkpoint} was trained with tracing_steps={steps}, this run has {config.tracing_steps}",)


def origin_of(config: SrnConfig) -> Checkpoint | None:
    """What `config.checkpoint` names."""
    if config.checkpoint is None:
        return None
    return read_own(Path(config.checkpoint), "srn", upstream.recognises, upstream.read)


def _codes_taken_over(checkpoint: Checkpoint, found: Tensor, own: Tensor, names: Sequence[str]) -> Tensor:
    known = list(checkpoint.scene.hints.get(INSTANCES, ())) if checkpoint.scene is not None else []
    if not known:
        return found.float() if found.shape == own.shape else own
    codes = own.clone()
    for row, name in enumerate(names[: len(own)]):
        if name in known[: len(found)]:
            codes[row] = found[known.index(name)].float()
    return codes
