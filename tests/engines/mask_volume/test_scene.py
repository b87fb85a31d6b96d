"""Recordings that are opened: time steps, pairs, threads, memory, photographs that can't be read."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from app.rendering.prefetch import Prefetcher
from app.viewing.playback import Playback
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.data.views import Views
from engines.core.engine import HasSources, HasTimeSteps, Prepares, never_stop, time_control
from engines.core.errors import Cancelled, UserError
from engines.mask_volume import multiplane_image
from engines.mask_volume.config import MaskVolumeOptions
from engines.mask_volume.multiplane_image_cache import Key, MultiplaneImageCache
from engines.mask_volume.network import MaskNet, MpiNet
from engines.mask_volume.scene import MaskVolumeScene
from engines.mask_volume.upstream import MASK, MPI
from tests.engines.core.examples import camera_at
from tests.engines.mask_volume.captured import CPU, clips, recording


def weights(with_mask: bool = True) -> dict[str, Tensor]:
    torch.manual_seed(0)
    parts = {MPI: MpiNet(), MASK: MaskNet()} if with_mask else {MPI: MpiNet()}
    return {prefix + name: tensor for prefix, net in parts.items() for name, tensor in net.state_dict().items()}


def pair_of(scene: MaskVolumeScene) -> tuple[int, int]:
    key = scene.footage.key(None, {})
    return key.first, key.second


def opened(dataset: Dataset, with_mask: bool = True, **options: object) -> MaskVolumeScene:
    return MaskVolumeScene(weights(with_mask), dataset, CPU, MaskVolumeOptions(**options))


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return recording(tmp_path_factory.mktemp("rig"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Counts how often planes are made."""
    calls: list[object] = []
    make = multiplane_image.Maker.make

    def counted(self: multiplane_image.Maker, *arguments: Any) -> multiplane_image.MultiplaneImage:
        calls.append(arguments)
        return make(self, *arguments)

    monkeypatch.setattr(multiplane_image.Maker, "make", counted)
    return calls


def test_it_is_what_the_program_asks_for(rig: Dataset) -> None:
    scene = opened(rig)
    assert isinstance(scene, Prepares) and isinstance(scene, HasSources)
    assert [control.name for control in scene.controls] == ["time", "plane"]
    assert scene.channels == ("rgb", "depth", "disparity", "alpha", "foreground", "mask")
    assert opened(rig, with_mask=False).channels == ("rgb", "depth", "disparity", "alpha")
    assert scene.native_px is None


def test_a_moment_is_made_once_however_the_camera_moves(rig: Dataset, made: list[object]) -> None:
    scene = opened(rig)
    camera = scene.start
    for x in (0.0, 0.05, 0.1):
        pose = camera.camera_to_world.copy()
        pose[0, 3] += x
        scene.render(camera.at(pose), {"time": 1})
    assert len(made) == 1
    scene.render(camera, {"time": 2})
    scene.render(camera, {"time": 1, "plane": 4})
    assert len(made) == 2


def test_moments_differ_where_something_moves(rig: Dataset) -> None:
    scene = opened(rig)
    first, last = (scene.render(scene.start, {"time": time}).image for time in (0, 2))
    assert (first - last).abs().max() > 0.1


def test_what_planes_will_be_made_of_is_known_before(rig: Dataset, made: list[object]) -> None:
    scene = opened(rig)
    found = scene.find_sources(scene.start, {})
    assert len(found) == 2 and made == []
    scene.render(scene.start, {})
    pairs = zip(scene.sources(scene.start, {}), found, strict=True)
    assert all(np.array_equal(source.camera_to_world, other.camera_to_world) for source, other in pairs)


def test_prepared_on_another_thread_while_one_draws(rig: Dataset, made: list[object]) -> None:
    scene = opened(rig)
    scene.prepare(scene.start, {"time": 0}, never_stop)
    aside = threading.Thread(target=scene.prepare, args=(scene.start, {"time": 1}, never_stop))
    aside.start()
    while aside.is_alive():
        assert scene.render(scene.start, {"time": 0}).image.shape == (32, 32, 3)
    assert scene.prepared(scene.start, {"time": 1}) and not scene.prepared(scene.start, {"time": 2})
    assert len(made) == 2


@pytest.mark.parametrize("pair", ["fixed", "nearest"])
def test_the_next_moments_are_made_ahead(rig: Dataset, made: list[object], pair: str) -> None:
    scene = opened(rig, pair=pair)
    done: list[None] = []
    ahead = Prefetcher(scene, lambda: done.append(None), lambda error: pytest.fail(str(error)))
    ahead.want([(scene.start, {"time": time_step}) for time_step in range(3)])
    end = time.monotonic() + 30
    while len(done) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    ahead.close()
    assert len(made) == len(done) == 3, "none was begun twice"


def test_who_waits_for_another_thread_can_give_up(rig: Dataset) -> None:
    scene = opened(rig)
    with scene._making, pytest.raises(Cancelled):
        scene.render(scene.start, {"time": 0}, lambda: True)


def test_giving_up_leaves_nothing_half_made(rig: Dataset, made: list[object]) -> None:
    scene = opened(rig)
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 12

    with pytest.raises(Cancelled):
        scene.prepare(scene.start, {"time": 0}, stop)
    assert not scene.prepared(scene.start, {"time": 0})
    scene.render(scene.start, {"time": 0})
    assert scene.prepared(scene.start, {"time": 0})


def test_a_placeholder_needs_no_network(rig: Dataset, made: list[object]) -> None:
    scene = opened(rig)
    frame = scene.placeholder(scene.start, {"time": 0})
    photograph = rig.views.chosen((rig.views.camera_indices == pair_of(scene)[0]) & (rig.views.times == 0))[0].image()
    assert np.abs(frame.image.numpy() - photograph)[1:-1, 1:-1].mean() < 0.02
    assert made == []


def test_two_recordings_of_one_rig_keep_their_own_backgrounds(rig: Dataset, tmp_path: Path) -> None:
    black = tmp_path / "black.png"
    write_png(black, np.zeros((32, 32, 3), dtype=np.uint8))
    views = [replace(view, instance=instance) for instance in (0, 1) for view in rig.views]
    stills = [*rig.backgrounds, *(replace(view, instance=1, image_path=black) for view in rig.backgrounds)]
    hints = {**rig.hints, "ranges": [*rig.hints["ranges"]] * 2}
    both = replace(rig, views=Views.of(views), backgrounds=Views.of(stills), instances=("a", "b"), hints=hints)
    after, alone = opened(both), opened(both)
    after.render(after.start, {"instance": 0})
    torch.testing.assert_close(
        after.render(after.start, {"instance": 1}).image, alone.render(alone.start, {"instance": 1}).image
    )


def test_to_compare_with_a_view_planes_are_made_of_others(tmp_path: Path) -> None:
    dataset = clips(tmp_path, (6,))
    scene = opened(dataset, with_mask=False, pair="others")
    for view in dataset.views:
        scene.render(view.camera, {})
        sources = scene.sources(view.camera, {})
        assert len(sources) == 2
        assert all(np.abs(other.position - view.camera.position).max() > 1e-3 for other in sources)


def test_a_median_does_without_a_damaged_photograph(rig: Dataset, tmp_path: Path) -> None:
    index = pair_of(opened(rig))[0]
    dataset = _damaged(replace(rig, backgrounds=Views.of(())), tmp_path, 1, index)
    scene = opened(dataset)
    assert scene.render(scene.start, {"time": 0}).image.shape == (32, 32, 3)


def test_a_damaged_background_stops_or_the_median_takes_its_place(rig: Dataset, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    index = pair_of(opened(rig))[0]
    stills = [replace(v, image_path=broken) if v.camera_index == index else v for v in rig.backgrounds]
    dataset = replace(rig, backgrounds=Views.of(stills))
    with pytest.raises(UserError, match=r"broken\.png: can't be read as an image"):
        opened(dataset).render(opened(dataset).start, {})
    scene = opened(dataset, damaged_frames="skip")
    assert scene.render(scene.start, {}).image.shape == (32, 32, 3)
    assert any(f"the median of camera {index}'s photographs takes its place" in note for note in scene.assumptions)


def test_recordings_have_lengths_of_their_own(rig: Dataset) -> None:
    short = [replace(view, instance=1) for view in rig.views if view.time < 2]
    hints = {**rig.hints, "ranges": [*rig.hints["ranges"]] * 2}
    scene = opened(replace(rig, views=Views.of([*rig.views, *short]), instances=("a", "b"), hints=hints))
    assert isinstance(scene, HasTimeSteps)
    assert [scene.time_steps({"instance": number}) for number in (0, 1)] == [3, 2]
    control = time_control(scene, {"instance": 1})
    assert control is not None and control.high == 1 and scene.controls[1].high == 2


def test_a_background_that_is_missing_is_the_median_and_said(rig: Dataset) -> None:
    scene = opened(replace(rig, backgrounds=Views.of(())))
    assert any("median" in note for note in scene.assumptions)
    assert not any("median" in note for note in opened(rig).assumptions)
    scene.render(scene.start, {})


def test_an_mpi_network_alone_draws_still_captures(tmp_path: Path) -> None:
    scene = opened(clips(tmp_path, (4, 5)), with_mask=False)
    assert [control.name for control in scene.controls] == ["instance", "plane"]
    frame = scene.render(scene.start, {"instance": 1})
    assert frame.image.shape == (32, 32, 3) and bool(torch.isfinite(frame.image).all())


def test_of_a_still_capture_the_mask_network_is_not_asked(tmp_path: Path) -> None:
    scene = opened(clips(tmp_path, (4,)))
    assert "mask" not in scene.channels and not any("background" in note for note in scene.assumptions)
    plain = opened(clips(tmp_path, (4,)), with_mask=False)
    assert torch.equal(scene.render(scene.start, {}).image, plain.render(plain.start, {}).image)


def test_the_nearest_pair_follows_the_camera(tmp_path: Path, made: list[object]) -> None:
    dataset = clips(tmp_path, (6,))
    scene = opened(dataset, with_mask=False, pair="nearest")
    for index in (0, 5):
        scene.render(dataset.views[index].camera, {})
    assert len(made) == 2


def test_captures_that_are_held_out_whole_can_be_drawn(tmp_path: Path) -> None:
    dataset = clips(tmp_path, (4, 5))
    held = replace(dataset, views=dataset.views.with_split(np.flatnonzero(dataset.views.instances == 1), "validation"))
    scene = opened(held, with_mask=False)
    assert scene.render(scene.start, {"instance": 1}).image.shape == (32, 32, 3)


def test_planes_are_not_made_of_views_that_are_held_out(rig: Dataset) -> None:
    index = pair_of(opened(rig))[0]
    held = replace(rig, views=rig.views.with_split(np.flatnonzero(rig.views.camera_indices == index), "validation"))
    assert index not in pair_of(opened(held))


def test_another_pair(rig: Dataset) -> None:
    scene = opened(rig, first_camera=3, second_camera=0)
    expected = [rig.views.chosen(rig.views.camera_indices == index)[0].camera for index in (3, 0)]
    for found, camera in zip(scene.sources(scene.start, {}), expected, strict=True):
        np.testing.assert_allclose(found.camera_to_world, camera.camera_to_world)
    with pytest.raises(UserError, match="first_camera=9: no such camera; there are 0 to 3"):
        opened(rig, first_camera=9)


def _damaged(dataset: Dataset, folder: Path, time: int, index: int) -> Dataset:
    bad = folder / "bad.png"
    bad.write_bytes(b"no picture")
    views = [
        replace(view, image_path=bad) if (view.time, view.camera_index) == (time, index) else view
        for view in dataset.views
    ]
    return replace(dataset, views=Views.of(views))


def test_a_damaged_photograph_stops_or_is_skipped(rig: Dataset, tmp_path: Path) -> None:
    index = pair_of(opened(rig))[1]
    dataset = _damaged(rig, tmp_path, 1, index)
    scene = opened(dataset)
    scene.render(scene.start, {"time": 0})
    with pytest.raises(UserError, match=r"bad\.png: can't be read.*damaged_frames=skip"):
        scene.render(scene.start, {"time": 1})
    scene.render(scene.start, {"time": 2})
    skipping = opened(dataset, damaged_frames="skip")
    skipping.render(skipping.start, {"time": 1})
    assert any("bad.png" in note and "time step 0 is shown in place of 1" in note for note in skipping.assumptions)


def test_depth_is_measured_along_the_cameras_axis(rig: Dataset) -> None:
    scene = opened(rig)
    pose = scene.start.camera_to_world.copy()
    here = scene.render(scene.start, {"time": 0}).depth
    pose[2, 3] += 0.5
    ahead = scene.render(scene.start.at(pose), {"time": 0}).depth
    assert here is not None and ahead is not None
    middle = (slice(14, 18), slice(14, 18))
    assert float((here[middle] - ahead[middle]).mean()) == pytest.approx(0.5, abs=0.1)


class _Sized(multiplane_image.MultiplaneImage):
    """So large as a test wants."""

    @property
    def size_bytes(self) -> int:
        return 10


def _put(cache: MultiplaneImageCache, *keys: Key) -> None:
    empty, anywhere = torch.zeros(0), camera_at(0, 3, 1)
    for key in keys:
        cache.put(key, _Sized(empty, None, None, anywhere, empty))


def _at(time: int) -> Key:
    return Key(0, time, 4, 5)


def test_what_was_just_played_makes_room() -> None:
    cache = MultiplaneImageCache(45)
    cache.look_at(0, 2, 6)
    _put(cache, *(_at(time) for time in range(6)))
    # Four fit; from 2 on come 3, 4, 5, 0 and last 1.
    assert [time for time in range(6) if cache.has(_at(time))] == [2, 3, 4, 5]
    assert cache.has_time_step(0, 5) and not cache.has_time_step(0, 1) and not cache.has_time_step(1, 5)
    assert cache.capacity(10) == 4 and cache.capacity(1000) == 1


def test_playing_a_recording_longer_than_the_cache_makes_each_moment_once() -> None:
    cache, playback, made = MultiplaneImageCache(100), Playback(0, 99), 0
    for shown in range(60):
        cache.look_at(0, shown, 100)
        for time_step in playback.following(shown, cache.capacity(10)):
            if not cache.has(_at(time_step)):
                _put(cache, _at(time_step))
                made += 1
        assert cache.has(_at(shown))
    assert made == 60 + 9


def test_another_recording_makes_room_first() -> None:
    cache = MultiplaneImageCache(25)
    cache.look_at(0, 5, 10)
    _put(cache, Key(1, 6, 4, 5), _at(4), _at(5))
    assert not cache.has_time_step(1, 6) and cache.has(_at(4)) and cache.has(_at(5))


def test_controls_may_be_left_out(rig: Dataset) -> None:
    scene = opened(rig)
    none: Mapping[str, float] = {}
    torch.testing.assert_close(scene.render(scene.start, none).image, scene.render(scene.start, {"time": 0}).image)


def test_the_networks_see_exactly_the_size_asked_for(rig: Dataset) -> None:
    scene = opened(rig, img_wh=(48, 24))
    # Each axis is scaled by itself: 32x32 becomes 1.5 times as wide and 0.75 times as high.
    assert scene.start.size_px == (48, 24)
    assert scene.start.focal_px == pytest.approx((32 * 1.1 * 1.5, 32 * 1.1 * 0.75))
    square = rig.split("train")[0].camera
    picture = scene.render(square, {"time": 1}).image
    assert picture.shape == (32, 32, 3)
    assert (picture - opened(rig).render(square, {"time": 1}).image).abs().mean() < 0.2
    assert opened(rig).start.size_px == (32, 32)


@pytest.mark.parametrize("img_wh", [(50, 24), (8, 16), (48, 8192)])
def test_a_size_that_the_networks_cant_halve_is_refused(img_wh: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"img_wh must be two multiples of 8"):
        MaskVolumeOptions(img_wh=img_wh)
