"""The form of a new training: data, method, preset, options, device, run folder. No window is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psygnal import Signal

from app.capture.inspection.report import Kind
from app.training.presets import Preset, presets_of
from app.training.runs.form_status import FormStatus, Measured, status_of
from app.training.runs.measure import Estimate
from app.training.runs.training_request import TrainingRequest
from engines import registry
from engines.core.abilities import suggested_options
from engines.core.config import TrainingConfig, make_options
from engines.core.data.dataset import Dataset
from engines.core.device import choose_device
from engines.core.errors import UserError
from engines.core.files import free_name


@dataclass(frozen=True)
class TrainMethod:
    """An engine that could train.

    Attributes:
        name: of the engine.
        title: for people.
        unsupported: why the data can't be trained with; "" where it can.
    """

    name: str
    title: str
    unsupported: str = ""


class TrainForm:
    """What is chosen so far; what is chosen first sets what follows to its own: data, method, preset, options.

    Each change tells how far it reaches (`data_changed`, `method_changed` or `preset_changed`), then `changed`.

    Attributes:
        home: where run folders go that are named without one.
        source: the folder or video that was chosen; None while none was.
        dataset: what is trained on; None while there is none.
        methods: all there are.
        method: the chosen engine's name; None where none can train with the data.
        presets: of the method, the quickest first.
        preset: None for the defaults of the method.
        options: by name, those that were changed over the preset's.
        device: "auto", "cpu", "cuda", "mps".
        out: the run folder, as it is written.
        measured: what a few steps took; forgotten with each change.
    """

    data_changed = Signal()
    method_changed = Signal()
    preset_changed = Signal()
    changed = Signal()
    """Anything did, what was measured, too."""

    def __init__(self, home: Path, busy: bool = False) -> None:
        """`busy`: another training is under way."""
        self.home, self._busy = home, busy
        self.source: Path | None = None
        self.dataset: Dataset | None = None
        self.methods: tuple[TrainMethod, ...] = ()
        self.method: str | None = None
        self.presets: tuple[Preset, ...] = ()
        self.preset: Preset | None = None
        self.options: dict[str, Any] = {}
        self.device, self.out = "auto", ""
        self.measured: Measured = None
        self._poseless = False
        self._suggested: Mapping[str, Any] = {}
        self.take(None, {})

    # Data

    def choose_source(self, source: Path) -> None:
        """Another folder or video, of which nothing is known yet."""
        self.source, self._poseless = source, False
        self.take(None, {})

    def see(self, kind: Kind) -> None:
        """What the source was found to be."""
        poseless = kind in ("photographs", "video")
        if poseless != self._poseless:
            self._poseless = poseless
            self._tell()

    def take(self, dataset: Dataset | None, unsupported: Mapping[str, str]) -> None:
        """Other data, and why methods, by name, can't be trained with it; the method stays where it can."""
        self.dataset = dataset
        failed = registry.failed_engines()
        able = [
            TrainMethod(name, engine.title, unsupported.get(name, "") if dataset is not None else "")
            for name, engine in registry.all_engines().items()
        ]
        self.methods = (*able, *(TrainMethod(name, name, f"can't be used here: {why}") for name, why in failed.items()))
        possible = [method.name for method in self.methods if not method.unsupported]
        self._set_method(self.method if self.method in possible else possible[0] if possible else None)
        self.data_changed.emit()
        self._tell()

    @property
    def wanting(self) -> str:
        """What has to be done before there is data to train on."""
        if self.source is None:
            return "Choose the folder to train on."
        return "Estimate the camera poses first." if self._poseless else "Choose a folder to train on."

    @property
    def unsupported(self) -> str:
        """A line for each method that can't be trained with the data, and why."""
        return "\n".join(f"{method.title}: {method.unsupported}" for method in self.methods if method.unsupported)

    # How it is trained on

    def choose_method(self, name: str | None) -> None:
        """Another method, its quickest preset, and a run folder named by it."""
        self._set_method(name)
        self.method_changed.emit()
        self._tell()

    def _set_method(self, name: str | None) -> None:
        self.method = name
        self.presets = tuple(presets_of(name)) if name is not None else ()
        self._suggested = {}
        if self.dataset is not None and name is not None and name in registry.all_engines():
            self._suggested = suggested_options(registry.find_engine(name), self.dataset)
            self.out = str(free_name(self.home, f"{self.dataset.source.resolve().name}-{name}"))
        self.preset, self.options = self.presets[0] if self.presets else None, {}

    def choose_preset(self, preset: Preset | None) -> None:
        """Another preset, or None for the method's defaults; what was changed over the one before is forgotten."""
        self.preset, self.options = preset, {}
        self.preset_changed.emit()
        self._tell()

    def set_options(self, values: Mapping[str, Any]) -> None:
        """Other values of some options, by name; whether they can be is told by `status`."""
        self.options |= values
        self._tell()

    def choose_device(self, name: str) -> None:
        """Another device, of `devices`."""
        self.device = name
        self._tell()

    def name_out(self, text: str) -> None:
        """Another run folder, as it is written."""
        self.out = text
        self._tell()

    def choose_home(self, home: Path) -> None:
        """Another place for the run folder, under the name it has where that is free."""
        self.home = home
        self.name_out(str(free_name(home, Path(self.out).name or "run")))

    # What becomes of it

    def preset_config(self) -> TrainingConfig:
        """The options before any is changed; the method's own where the preset needs one to be named first.

        Raises:
            UserError: no method is chosen.
        """
        try:
            return self._config({})
        except UserError:
            return _kind_of(self.method)()

    def config(self) -> TrainingConfig:
        """All options as they are chosen.

        Raises:
            UserError: no method is chosen, or an option is refused.
        """
        return self._config(self.options)

    def request(self) -> TrainingRequest:
        """What is to be trained.

        Raises:
            UserError: something is missing, or an option is refused.
        """
        if self.dataset is None:
            raise UserError(self.wanting)
        if any(method.unsupported for method in self.methods if method.name == self.method):
            raise UserError("No method can train on this data.")
        config = self.config()
        if not self.out.strip():
            raise UserError("Name the run folder.")
        out = self.home / typed_path(self.out)
        check_new(out)
        usual = _values_of(self.preset, _kind_of(self.method))
        settings = {
            name: getattr(config, name)
            for name in (*self._suggested, *self.options)
            if getattr(config, name) != usual.get(name)
        }
        preset = self.preset.name if self.preset is not None else ""
        return TrainingRequest(self.method or "", self.dataset.source, out, preset, settings, self.device)

    @property
    def status(self) -> FormStatus:
        """What is told of it as it stands."""
        try:
            request = self.request()
        except UserError as error:
            # What is still to be done is not wrong.
            return FormStatus(wrong=str(error)) if self.dataset is not None else FormStatus(notes=str(error))
        return status_of(request, self.measured, self._busy)

    def take_measured(self, measured: Estimate | BaseException) -> None:
        """What a few steps took, or why they could not be done."""
        self.measured = measured
        self.changed.emit()

    def _tell(self) -> None:
        self.measured = None
        self.changed.emit()

    def _config(self, options: Mapping[str, Any]) -> TrainingConfig:
        preset = self.preset.settings if self.preset is not None else {}
        return make_options(_kind_of(self.method), {**preset, **self._suggested, **options}, "option")


def _kind_of(method: str | None) -> type[TrainingConfig]:
    if method is None:
        raise UserError("No method can train on this data.")
    return registry.find_engine(method).Config


def _values_of(preset: Preset | None, kind: type[TrainingConfig]) -> Mapping[str, Any]:
    """What the preset alone makes of every option: it needs not be said."""
    settings = preset.settings if preset is not None else {}
    try:
        return make_options(kind, settings, "preset").model_dump()
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
