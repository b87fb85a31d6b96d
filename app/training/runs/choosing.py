"""A new training while it is chosen: data, method, preset, options, device, run folder. No window is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.training.presets import Preset, presets_of
from app.training.runs.library import free_name
from app.training.runs.order import TrainingRequest
from engines import registry
from engines.core.abilities import suggested_options
from engines.core.config import TrainingConfig, make_options
from engines.core.data.dataset import Dataset
from engines.core.device import choose_device
from engines.core.errors import UserError


@dataclass(frozen=True)
class Method:
    """An engine that could train.

    Attributes:
        name: of the engine.
        title: for people.
        unsupported: why the data can't be trained with; "" where it can.
    """

    name: str
    title: str
    unsupported: str = ""


class TrainingChoices:
    """What is chosen so far; what is chosen first sets what follows to its own: data, method, preset, options.

    Attributes:
        home: where run folders go that are named without one.
        dataset: what is learnt from; None while there is none.
        methods: all there are.
        method: the chosen engine's name; None where none can train with the data.
        presets: of the method, the quickest first.
        preset: None for the defaults of the method.
        changed: options by name, over those of the preset.
        device: "auto", "cpu", "cuda", "mps".
        out: the run folder, as it is written.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.dataset: Dataset | None = None
        self.methods: tuple[Method, ...] = ()
        self.method: str | None = None
        self.presets: tuple[Preset, ...] = ()
        self.preset: Preset | None = None
        self.changed: dict[str, Any] = {}
        self.device, self.out = "auto", ""
        self._suggested: Mapping[str, Any] = {}
        self.take(None, {})

    def take(self, dataset: Dataset | None, unsupported: Mapping[str, str]) -> None:
        """Other data, and why methods, by name, can't be trained with it; the method stays where it can."""
        self.dataset = dataset
        failed = registry.failed_engines()
        able = [
            Method(name, engine.title, unsupported.get(name, "") if dataset is not None else "")
            for name, engine in registry.all_engines().items()
        ]
        self.methods = (*able, *(Method(name, name, f"can't be used here: {why}") for name, why in failed.items()))
        possible = [method.name for method in self.methods if not method.unsupported]
        self.choose_method(self.method if self.method in possible else possible[0] if possible else None)

    def choose_method(self, name: str | None) -> None:
        """Another method, its quickest preset, and a run folder named by it."""
        self.method = name
        self.presets = tuple(presets_of(name)) if name is not None else ()
        self._suggested = {}
        if self.dataset is not None and name is not None and name in registry.all_engines():
            self._suggested = suggested_options(registry.find_engine(name), self.dataset)
            self.out = str(free_name(self.home, f"{self.dataset.source.resolve().name}-{name}"))
        self.choose_preset(self.presets[0] if self.presets else None)

    def choose_preset(self, preset: Preset | None) -> None:
        """Another preset, or None for the method's defaults; what was changed over the one before is forgotten."""
        self.preset, self.changed = preset, {}

    def choose_home(self, home: Path) -> None:
        """Another place for the run folder, under the name it has where that is free."""
        self.home = home
        self.out = str(free_name(home, Path(self.out).name or "run"))

    @property
    def unsupported(self) -> str:
        """A line for each method that can't be trained with the data, and why."""
        return "\n".join(f"{method.title}: {method.unsupported}" for method in self.methods if method.unsupported)

    def preset_config(self) -> TrainingConfig:
        """The options before any is changed; the method's own where the preset needs one to be named first.

        Raises:
            UserError: no method is chosen.
        """
        try:
            return self._config({})
        except UserError:
            return self._kind()()

    def config(self) -> TrainingConfig:
        """All options as they are chosen.

        Raises:
            UserError: no method is chosen, or an option is refused.
        """
        return self._config(self.changed)

    def order(self) -> TrainingRequest:
        """What is to be trained.

        Raises:
            UserError: something is missing, or an option is refused.
        """
        if self.dataset is None:
            raise UserError("Choose the folder to learn from.")
        if any(method.unsupported for method in self.methods if method.name == self.method):
            raise UserError("No method can learn from this data.")
        config = self.config()
        if not self.out.strip():
            raise UserError("Name the run folder.")
        out = self.home / typed_path(self.out)
        check_new(out)
        usual = self._of_preset()
        settings = {
            name: getattr(config, name)
            for name in (*self._suggested, *self.changed)
            if getattr(config, name) != usual.get(name)
        }
        preset = self.preset.name if self.preset is not None else ""
        return TrainingRequest(self.method or "", self.dataset.source, out, preset, settings, self.device)

    def _kind(self) -> type[TrainingConfig]:
        if self.method is None:
            raise UserError("No method can learn from this data.")
        return registry.find_engine(self.method).Config

    def _config(self, changed: Mapping[str, Any]) -> TrainingConfig:
        preset = self.preset.settings if self.preset is not None else {}
        return make_options(self._kind(), {**preset, **self._suggested, **changed}, "option")

    def _of_preset(self) -> Mapping[str, Any]:
        """What the preset alone makes of every option: it needs not be said."""
        settings = self.preset.settings if self.preset is not None else {}
        try:
            return make_options(self._kind(), settings, "preset").model_dump()
        except UserError:
            # It takes what only the user can name, such as the class to learn codes for.
            return dict(settings)


def devices() -> Sequence[tuple[str, str]]:
    """Names and titles of what there is to learn on."""
    found = [("auto", "Automatic"), ("cpu", "CPU")]
    for name, title in (("cuda", "CUDA"), ("mps", "Apple GPU")):
        try:
            choose_device(name)
        except UserError:
            continue
        found.insert(1, (name, title))
    return found


def typed_path(text: str) -> Path:
    """What somebody wrote into a field.

    Raises:
        UserError: it begins with a ~ of nobody.
    """
    try:
        return Path(text.strip()).expanduser()
    except RuntimeError as error:
        raise UserError(f"{text.strip()}: nobody of that name has a home folder here.") from error


def check_new(folder: Path) -> None:
    """Whether something new can go there.

    Raises:
        UserError: it is there and not empty, or can't be looked at.
    """
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        raise UserError(f"{folder}: can't be written ({error.strerror or error})") from error
    if taken:
        raise UserError(f"{folder} is there already; name a new folder.")
