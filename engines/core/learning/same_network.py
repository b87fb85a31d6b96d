"""Whether a network is still the one that a training began with: its parameters, and the shapes of its tensors."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from engines.core.errors import BrokenContract


class SameParameters:
    """The parameters that an optimiser was given: it learns those tensors, whatever a network holds later."""

    def __init__(self, engine: str, networks: Mapping[str, nn.Module]) -> None:
        """Remembers those that there are now.

        Args:
            networks: by what stands before the names of their parameters, and a dot; "" for the one.
        """
        self._engine, self._first = engine, _named(networks)
        self._shapes = {name: parameter.shape for name, parameter in self._first.items()}

    def require(self, networks: Mapping[str, nn.Module]) -> None:
        """Whether the networks of now have these, of the same shapes.

        Raises:
            BrokenContract: names the method and the parameter.
        """
        now = _named(networks)
        for name in {**self._first, **now}:
            if name not in self._first:
                self._refuse(name, "was put in")
            elif name not in now:
                self._refuse(name, "was taken out")
            elif now[name] is not self._first[name]:
                self._refuse(name, "is another tensor")
            elif now[name].shape != self._shapes[name]:
                self._refuse(name, "has another shape")

    def _refuse(self, name: str, what: str) -> None:
        raise BrokenContract(
            f"method {self._engine}: its network's {name} {what} since the training began; parameters are collected "
            "once, at the beginning: make them at their final size, and change their values only "
            "(docs/add-a-method.md, From coarse to fine)"
        )


def _named(networks: Mapping[str, nn.Module]) -> dict[str, nn.Parameter]:
    return {
        f"{prefix}.{name}" if prefix else name: parameter
        for prefix, network in networks.items()
        for name, parameter in network.named_parameters()
    }


def fill(network: nn.Module, kept: Mapping[str, Tensor], engine: str, prefix: str = "") -> None:
    """Puts a run's tensors into a network that was made anew.

    Args:
        prefix: what stands before its names in a checkpoint, for people.

    Raises:
        BrokenContract: names the method, the tensor and both shapes, where they are not those of the network.
    """
    made = network.state_dict()
    for name in {**made, **kept}:
        of_run, now = (str(list(found[name].shape)) if name in found else "none" for found in (kept, made))
        if of_run != now:
            raise BrokenContract(
                f"{prefix}{name} of the run is {of_run}, and the network that the method {engine} makes now has {now}: "
                "a network must be made of the configuration alone, or the run is of another version"
            )
    network.load_state_dict(dict(kept))
