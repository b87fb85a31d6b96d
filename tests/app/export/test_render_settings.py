"""Which cameras and controls a video has: the same from the window and from the command line, to the byte."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.commands import console, render
from app.export import frame_times
from app.export.exporter import run_export
from app.export.render_settings import CameraPath, RenderSettings, offered_splits, path_of, resolve_path
from app.gui.export.export_settings import (
    FILE_PATH,
    KEYED_PATH,
    RUNS,
    SPLIT_PREFIX,
    STANDS,
    ExportSettings,
    make_export,
    path_choices,
    render_settings,
)
from app.viewing.opening import Opened, as_settings
from app.viewing.validation_split import instance_views
from engines.core.camera import Camera
from engines.core.config import parse_settings
from engines.core.data.dataset import Dataset
from engines.core.data.views import Split, View, Views
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, TIME, Control, Stop, never_stop, whole_controls
from engines.core.errors import UserError
from engines.core.frame import Frame
from engines.core.paths.generators import camera_path, write_path
from engines.core.paths.keyed_json import write_keyed
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import UP, BallScene, ring

FRAMES = 3
OBJECTS = ("cup", "jug")
# The second is the one that it begins with.
INSTANCES = Control(INSTANCE, "Instance", "choice", 0, 1, 1, OBJECTS)
MOMENTS = Control(TIME, "Moment", "time", 0, 3, 0)
BLENDS = (
    Control(BLEND_WITH, "Blend with", "choice", 0, 1, 1, OBJECTS),
    Control(BLEND, "Blend", "number", 0, 1, 0),
)
GLOW = Control("glow", "Glow", "number", 0, 1, 0.25)


class TintedScene(BallScene):
    """The ball, of another colour with every value of every control and with every choice of sources."""

    def __init__(self, controls: tuple[Control, ...], cameras: tuple[Camera, ...], sources: Sequence[int]) -> None:
        super().__init__(controls=controls)
        self.cameras, self.sources = cameras, tuple(sources)

    def time_steps(self, controls: Mapping[str, float]) -> int:
        """The first object's recording is shorter."""
        return 2 if controls.get(INSTANCE) == 0 else 4

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        frame = super().render(camera, controls, stop)
        shares = [0.11 * (number + 1) * value for number, value in enumerate(controls.values())]
        dimmed = 1 / (1 + sum(shares) + 0.07 * sum(place * number for place, number in enumerate(self.sources, 1)))
        return replace(frame, image=frame.image * dimmed)


def _views(objects: int = 1, moments: int = 1) -> list[View]:
    splits: tuple[tuple[Split, int], ...] = (("train", 3), ("validation", 1), ("test", 2))
    return [
        View(camera, f"{split}{number}", split, instance=instance, time=time, camera_index=number)
        for instance in range(objects)
        for time in range(moments)
        for split, count in splits
        for number, camera in enumerate(ring(3 * count + instance + 1)[:count])
    ]


@dataclass(frozen=True)
class Kind:
    """Scenes of one kind.

    Attributes:
        folder: the views of its data folder; None: it has none.
    """

    controls: tuple[Control, ...] = ()
    cameras: tuple[Camera, ...] = ()
    folder: Callable[[], list[View]] | None = None
    objects: tuple[str, ...] = ()
    sources: Sequence[int] | None = None

    def open(self, sources: Sequence[int] | None = None) -> Opened:
        """As the file is opened, made of some sources."""
        scene = TintedScene(self.controls, self.cameras, sources or (0, 1))
        dataset = None
        if self.folder is not None:
            views = Views.of(self.folder())
            dataset = Dataset(views, Path("folder"), "ball", BallScene.bounds, UP, instances=self.objects)
        return Opened(scene, Checkpoint("ball", {}, 0, {}), dataset, Path("ball"))


KINDS = {
    "with cameras": Kind((GLOW,), ring(4)),
    "without cameras": Kind((GLOW,)),
    "with a data folder": Kind((), ring(4), _views),
    "a recording": Kind((MOMENTS, GLOW), ring(2), lambda: _views(moments=4)),
    "a recording without its folder": Kind((MOMENTS,), ring(2)),
    "a class": Kind((INSTANCES, GLOW), ring(2), lambda: _views(2), OBJECTS),
    "a class of recordings": Kind((INSTANCES, MOMENTS), ring(2), lambda: _views(2, 4), OBJECTS),
    "a class that blends": Kind((INSTANCES, *BLENDS), ring(2), lambda: _views(2), OBJECTS),
    "chosen sources": Kind((GLOW,), ring(5), _views, sources=(2, 0)),
}
PATHS = ("orbit", "spiral", "train", "validation", "test", "file", "timed file")


@pytest.fixture
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """A kind, which every checkpoint of the command line is of."""
    kind = KINDS[request.param]

    def open_scene(path: Path, data: Path | None, device: str, settings: Sequence[str], *rest: object) -> Opened:
        return kind.open(parse_settings(settings).get("views"))

    monkeypatch.setattr(console, "open_scene", open_scene)
    return kind


def _wishes(kind: Kind) -> Iterator[tuple[dict[str, float], list[str]]]:
    """What one may want of the controls: as the window has it, and as the command line says it."""
    named = {control.name: control for control in kind.controls}
    yield {}, []
    if INSTANCE in named:
        yield {INSTANCE: 0.0}, ["--instance", "cup"]
    if TIME in named:
        yield {TIME: 1.0}, ["--time", "1"]
    if "glow" in named:
        yield {"glow": 0.75}, ["--control", "glow=0.75"]
    if BLEND in named:
        yield {BLEND_WITH: 0.0, BLEND: 0.5}, ["--blend-with", "cup", "--blend", "0.5"]
    if INSTANCE in named and TIME in named:
        yield {INSTANCE: 0.0, TIME: 1.0}, ["--instance", "cup", "--control", "time=1"]


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", KINDS, indirect=True)
def test_window_and_command_line_write_the_same(kind: Kind, path: str, tmp_path: Path) -> None:
    file = tmp_path / "path.json"
    write_path(file, ring(5), [3, 1, 0, 1, 2] if path == "timed file" else None)
    opened = kind.open(kind.sources)
    is_file = path.endswith("file")
    chosen = ExportSettings(path=FILE_PATH, path_file=str(file)) if is_file else ExportSettings(path=path)
    if path in ("train", "validation", "test"):
        chosen = ExportSettings(path=SPLIT_PREFIX + path)
    sources = ["--set", *as_settings({"views": list(kind.sources)})] if kind.sources is not None else []
    words = ["render", "ball", "--path", str(file) if is_file else path, *sources]
    if not is_file and path not in ("train", "validation", "test"):
        words += ["--frames", str(FRAMES)]
    for number, (controls, said) in enumerate(_wishes(kind)):
        by_window, by_command = tmp_path / f"window{number}", tmp_path / f"command{number}"
        time = STANDS if TIME in controls else RUNS
        chosen = replace(chosen, frames=FRAMES, time=time, out=str(by_window))
        code = cli.main([*words, *said, "--out", str(by_command)])
        # What the command line can't do is not offered.
        assert (chosen.path in path_choices(opened)) == (code == 0)
        shown = whole_controls(opened.scene, controls)
        if code:
            with pytest.raises(UserError, match=path):
                make_export(chosen, opened, opened.scene.start, opened.scene.up, shown)
            continue
        export = make_export(chosen, opened, opened.scene.start, opened.scene.up, shown)
        run_export(opened.scene, export, lambda progress: None, never_stop)
        assert _contents(by_window) == _contents(by_command)


def _asked(words: Sequence[str], opened: Opened) -> CameraPath:
    parser = argparse.ArgumentParser()
    render.add_arguments(parser)
    return resolve_path(render.settings_of(parser.parse_args(["ball", "--out", "out", *words]), opened), opened)


CHOSEN = [(name, path) for name in KINDS for path in ("orbit", "train") if (name, path) != ("without cameras", "train")]


@pytest.mark.parametrize(("kind", "path"), CHOSEN, indirect=["kind"])
def test_window_and_command_line_mean_the_same(kind: Kind, path: str) -> None:
    opened = kind.open(kind.sources)
    chosen = ExportSettings(path=path if path == "orbit" else SPLIT_PREFIX + path, frames=FRAMES)
    words = ["--path", path, "--frames", str(FRAMES)] if path == "orbit" else ["--path", path]
    for controls, said in _wishes(kind):
        shown, scene = whole_controls(opened.scene, controls), opened.scene
        chosen = replace(chosen, time=STANDS if TIME in controls else RUNS)
        ours = resolve_path(render_settings(chosen, scene.start, scene.up, shown), opened)
        theirs = _asked([*words, *said], opened)
        assert ours.controls == theirs.controls and ours.times == theirs.times
        assert [camera.size_px for camera in ours.cameras] == [camera.size_px for camera in theirs.cameras]
        for ours_one, theirs_one in zip(ours.cameras, theirs.cameras, strict=True):
            np.testing.assert_array_equal(ours_one.camera_to_world, theirs_one.camera_to_world)


def _poses(cameras: Sequence[Camera]) -> list[list[list[float]]]:
    return [camera.camera_to_world.tolist() for camera in cameras]


def test_the_cameras_are_those_of_the_object_that_is_drawn() -> None:
    opened = KINDS["a class"].open()
    assert opened.dataset is not None
    views = opened.dataset.views
    found = _asked(["--path", "test"], opened)
    # None was named: the scene begins with the second.
    assert {frame[INSTANCE] for frame in found.controls} == {1}
    assert _poses(found.cameras) == _poses(
        [view.camera for view in views if view.instance == 1 and view.split == "test"]
    )
    assert _poses(_asked(["--path", "test", "--instance", "cup"], opened).cameras) != _poses(found.cameras)


def test_a_folder_that_is_called_as_a_path_does_not_tell_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("orbit", "train"):
        (tmp_path / name).mkdir()
        write_path(tmp_path / name / "cameras.json", ring(2), [3, 3])
    opened = KINDS["a recording"].open()
    assert resolve_path(RenderSettings("orbit", 5), opened).times == [0, 1, 2, 3, 0]
    assert resolve_path(RenderSettings("train"), opened).times == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert resolve_path(RenderSettings(Path("train")), opened).times == [3, 3]


def test_where_nothing_is_said_it_is_the_scenes_own() -> None:
    opened = KINDS["with cameras"].open()
    scene = opened.scene
    expected = camera_path("orbit", scene.start, scene.cameras, scene.bounds, scene.up)
    found = resolve_path(RenderSettings(), opened)
    assert _poses(found.cameras) == _poses(expected)
    assert found.controls == [{"glow": 0.25}] * len(expected) and found.times is None
    assert _poses(resolve_path(RenderSettings("train"), opened).cameras) == _poses(scene.cameras)


def test_only_the_first_cameras_of_a_file_or_a_split(tmp_path: Path) -> None:
    opened = KINDS["a recording"].open()
    write_path(tmp_path / "path.json", ring(5), [3, 1, 0, 1, 2])
    found = resolve_path(RenderSettings(tmp_path / "path.json", 2), opened)
    assert _poses(found.cameras) == _poses(ring(5)[:2]) and found.times == [3, 1]
    assert resolve_path(RenderSettings("train", 4), opened).times == [0, 0, 0, 1]


def test_the_views_of_a_split_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, found = KINDS["a class of recordings"].open(), list[int]()

    def noted(checkpoint: Checkpoint, dataset: Dataset, number: int) -> Views:
        found.append(number)
        return instance_views(checkpoint, dataset, number)

    monkeypatch.setattr(frame_times, "instance_views", noted)
    path = resolve_path(RenderSettings("train"), opened)
    assert found == [1] and path.times == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_control_may_grow() -> None:
    opened = KINDS["a class that blends"].open()
    settings = RenderSettings("orbit", 3, controls={BLEND_WITH: 0}, ramps={BLEND: (0.0, 1.0)})
    assert [frame[BLEND] for frame in resolve_path(settings, opened).controls] == [0, 0.5, 1]
    assert resolve_path(replace(settings, frames=1), opened).controls == [{INSTANCE: 1, BLEND_WITH: 0, BLEND: 0}]


def test_what_a_data_folder_lacks_is_said() -> None:
    opened = KINDS["with a data folder"].open()
    assert offered_splits(opened) == {"train": 3, "validation": 1, "test": 2}
    assert opened.dataset is not None
    lacking = replace(opened, dataset=replace(opened.dataset, views=opened.dataset.split("test")))
    with pytest.raises(UserError, match="--path train: folder has no such views; it has test"):
        resolve_path(RenderSettings("train"), lacking)
    with pytest.raises(UserError, match="--path test: these cameras are in the data folder"):
        resolve_path(RenderSettings("test"), KINDS["with cameras"].open())


def test_a_path_is_a_name_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_path(tmp_path / "mine.json", ring(5))
    assert path_of("orbit") == "orbit" and path_of("train") == "train"
    assert path_of(str(tmp_path / "mine.json")) == tmp_path / "mine.json"
    # No shell expands what stands behind an equals sign.
    assert path_of("~/mine.json") == tmp_path / "mine.json"


def test_cameras_are_a_path_themselves() -> None:
    scene = TintedScene((MOMENTS,), ring(4), ())
    chosen = Opened(scene, Checkpoint("ball", {}, 0, {}), None, Path("ball"))
    found = resolve_path(RenderSettings(path=ring(5), frames=3), chosen)
    assert [camera.to_json() for camera in found.cameras] == [camera.to_json() for camera in ring(5)[:3]]
    assert found.times == [0, 1, 2]


KEYS = KeyedPath(
    (
        Keyframe(ring(5)[0], 0.0, {TIME: 0, "glow": 0.0, "unknown": 3}),
        Keyframe(ring(5)[2], 0.2, {TIME: 2, "glow": 1.0}),
        Keyframe(ring(5)[4], 0.4, {TIME: 9}),
    ),
    fps=10,
)


def test_a_keyed_path_says_cameras_controls_and_rate(tmp_path: Path) -> None:
    opened = KINDS["a recording"].open()
    write_keyed(tmp_path / "keys.json", KEYS)
    for path in (KEYS, tmp_path / "keys.json"):
        found = resolve_path(RenderSettings(path), opened)
        assert found.fps == 10 and found.times == [0, 1, 2, 3, 3]
        assert _poses(found.cameras[::2]) == _poses([key.camera for key in KEYS.keys])
        assert all(frame.keys() == {control.name for control in opened.scene.controls} for frame in found.controls)
        assert resolve_path(RenderSettings(path, frames=2), opened).times == [0, 1]
        assert len(resolve_path(RenderSettings(path, fps=20), opened).cameras) == 9
    with pytest.raises(UserError, match="no keys"):
        resolve_path(RenderSettings(KeyedPath()), opened)
    with pytest.raises(UserError, match="0 frames/s: fps is 0"):
        resolve_path(RenderSettings(KEYS, fps=0), opened)


def test_what_was_asked_for_stays_whatever_a_keyed_path_says(tmp_path: Path) -> None:
    write_keyed(tmp_path / "keys.json", KEYS)
    opened = KINDS["a recording"].open()
    words = ["--path", str(tmp_path / "keys.json")]
    assert _asked([*words, "--time", "3"], opened).times == [3] * 5
    assert _asked(words, opened).fps_asked(None) == 10
    faster = _asked([*words, "--fps", "20"], opened)
    assert faster.fps_asked(20.0) == 20 and len(faster.cameras) == 9
    glowing = KINDS["with cameras"].open()
    assert [frame["glow"] for frame in _asked(words, glowing).controls] == pytest.approx([0, 0.5, 1, 1, 1])
    assert {frame["glow"] for frame in _asked([*words, "--control", "glow=0.5"], glowing).controls} == {0.5}
    assert _asked(["--path", "orbit"], glowing).fps_asked(None) == 30


def test_time_runs_where_keys_do_not_say() -> None:
    opened = KINDS["a recording"].open()
    silent = replace(KEYS, keys=tuple(replace(key, controls={}) for key in KEYS.keys))
    assert resolve_path(RenderSettings(silent), opened).times == [0, 1, 2, 3, 0]
    assert resolve_path(RenderSettings(silent, plays=False, controls={TIME: 2}), opened).times == [2] * 5
    assert resolve_path(RenderSettings(KEYS, plays=False, controls={TIME: 2}), opened).times == [2] * 5


def test_a_keyed_path_stands_in_the_world() -> None:
    opened = KINDS["with a data folder"].open()
    assert opened.dataset is not None
    far = replace(opened, dataset=replace(opened.dataset, origin=np.array([100.0, 0.0, -7.0])))
    ways = [
        there.position - here.position
        for here, there in zip(
            resolve_path(RenderSettings(KEYS), opened).cameras,
            resolve_path(RenderSettings(KEYS), far).cameras,
            strict=True,
        )
    ]
    assert np.array(ways) == pytest.approx(np.tile([-100.0, 0.0, 7.0], (5, 1)), abs=1e-12)


def test_the_window_exports_a_file_of_keys_as_the_command_line_does(tmp_path: Path) -> None:
    write_keyed(tmp_path / "keys.json", KEYS)
    opened = KINDS["a recording"].open()
    chosen = ExportSettings(path=FILE_PATH, path_file=str(tmp_path / "keys.json"), fps=10.0)
    shown = whole_controls(opened.scene, {TIME: 3})
    ours = resolve_path(render_settings(chosen, ring(3)[1], opened.scene.up, shown), opened)
    theirs = _asked(["--path", str(tmp_path / "keys.json")], opened)
    assert ours.controls == theirs.controls and _poses(ours.cameras) == _poses(theirs.cameras)


def test_the_timeline_is_exported_to_the_byte_as_its_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is looked at then: keys that were added in the window name all controls."""
    opened = KINDS["a recording"].open()
    whole = replace(KEYS, keys=tuple(replace(key, controls={TIME: 1.4 * key.time_s / 0.2}) for key in KEYS.keys))
    write_keyed(tmp_path / "keys.json", whole)
    by_window, by_command = tmp_path / "window", tmp_path / "command"
    chosen = ExportSettings(path=KEYED_PATH, fps=whole.fps, out=str(by_window))
    assert KEYED_PATH in path_choices(opened, whole) and KEYED_PATH not in path_choices(opened, KeyedPath())
    export = make_export(chosen, opened, ring(3)[2], opened.scene.up, whole_controls(opened.scene, {TIME: 3}), whole)
    run_export(opened.scene, export, lambda progress: None, never_stop)
    monkeypatch.setattr(console, "open_scene", lambda *_: opened)
    arguments = ["render", "ball", "--path", str(tmp_path / "keys.json"), "--out", str(by_command)]
    assert cli.main(arguments) == 0, capsys.readouterr().err
    assert _contents(by_window) == _contents(by_command) and len(_contents(by_window)) > len(whole.keys)
