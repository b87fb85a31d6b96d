"""Time steps are prepared beside the frames, on machines without a GPU."""

from __future__ import annotations

import threading

import pytest
import torch

from app.conformance.pretended_gpu import DEVICE, GpuTensor, MixedDevices, pretended_gpu
from engines.core.data.dataset import Dataset
from engines.core.engine import never_stop
from engines.core.side_stream import WorkDone
from engines.mask_volume.config import MaskVolumeOptions
from engines.mask_volume.scene import MaskVolumeScene
from tests.engines.mask_volume.captured import recording
from tests.engines.mask_volume.test_scene import opened, weights


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return recording(tmp_path_factory.mktemp("rig"))


def on_gpu(dataset: Dataset) -> MaskVolumeScene:
    return MaskVolumeScene(weights(), dataset, torch.device(DEVICE), MaskVolumeOptions())


def test_what_was_prepared_beside_is_drawn_as_on_the_cpu(rig: Dataset) -> None:
    plainly = opened(rig)
    expected = plainly.render(plainly.start, {"time": 1})
    with pretended_gpu() as waits:
        scene = on_gpu(rig)
        scene.render(scene.start, {"time": 0})
        aside = threading.Thread(target=scene.prepare, args=(scene.start, {"time": 1}, never_stop))
        aside.start()
        aside.join()
        assert scene.prepared(scene.start, {"time": 1})
        before = waits.count
        frame = scene.render(scene.start, {"time": 1})
        assert waits.count == before
        # Also the channels that are drawn later, in whichever thread.
        found = {name: frame.extra[name].cpu() for name in frame.extra} | {"rgb": frame.image.cpu()}
        time_step = scene._cache.get(scene.footage.key(scene.start, {"time": 1}))
        assert time_step is not None and isinstance(time_step.layers, GpuTensor) and time_step.layers.memory is not None
        assert len(time_step.layers.memory.recorded) == 2, "told to the streams that draw"
    # Planes are kept in half precision.
    for name, tensor in {**expected.extra, "rgb": expected.image}.items():
        torch.testing.assert_close(found[name], tensor, atol=2e-3, rtol=0)


def test_a_frame_that_makes_its_moment_itself_waits_for_it_on_the_device(rig: Dataset) -> None:
    with pretended_gpu():
        scene = on_gpu(rig)
        assert scene.render(scene.start, {"time": 0}).image.cpu().isfinite().all()


def test_without_a_hand_over_it_would_be_drawn_half_made(rig: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkDone, "hand_over", lambda *_: None)
    with pretended_gpu():
        scene = on_gpu(rig)
        with pytest.raises(MixedDevices, match="reads what another stream may still be writing"):
            scene.render(scene.start, {"time": 0})
