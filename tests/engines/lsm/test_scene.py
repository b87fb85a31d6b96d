"""Scenes of a folder's photographs: what was made is kept, arrays are the network's, pictures lie where they must."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import trimesh

from app import cli
from app.mesh.point_cloud import run_points
from engines.core.camera import project
from engines.core.config import make_options
from engines.core.data.dataset import Dataset
from engines.core.engine import INSTANCE, HasSurface, never_stop, whole_controls
from engines.core.errors import Lacking, UserError
from engines.core.scene_abilities import HasDepthMaps, HasVolume
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.tensor_bundle import read_bundle, write_bundle
from engines.lsm import upstream
from engines.lsm.config import LsmConfig, LsmOptions
from engines.lsm.depth_scene import DepthScene
from engines.lsm.engine import ENGINE
from engines.lsm.network import Lsm
from engines.lsm.voxel_scene import VoxelScene

CPU = torch.device("cpu")
SMALL = {"nvox": 8, "im_h": 32, "im_w": 32, "im_batch": 3}
DEPTH = {**SMALL, "kind": "dlsm", "ray_samples": 4}


def checkpoint(**settings: Any) -> Checkpoint:
    torch.manual_seed(1)
    return Checkpoint("lsm", settings, 5, Lsm(LsmConfig(**settings)).state_dict())


def plain(dataset: Dataset, made: Checkpoint, number: int, chosen: list[int]) -> torch.Tensor:
    """What the network gives at once."""
    config = make_options(LsmConfig, made.config)
    network = Lsm(config).eval()
    network.load_state_dict(dict(made.weights))
    views = [dataset.views.of_instance(number)[view] for view in chosen]
    images = torch.tensor(np.stack([view.image() for view in views])).movedim(-1, 1)
    R = torch.tensor(np.stack([view.camera.world_to_camera[:3] for view in views])).float()
    (fx, fy), (cx, cy) = views[0].camera.focal_px, views[0].camera.centre_px
    K = torch.tensor([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]).expand(len(views), 3, 3)
    with torch.inference_mode():
        found: torch.Tensor = network(images[None], K[None], R[None])
    return found[0]


def test_volumes_are_the_networks(cars: Dataset) -> None:
    made = checkpoint(**SMALL)
    scene = ENGINE.open(made, CPU, cars, LsmOptions(views=(2, 0)))
    assert isinstance(scene, HasVolume) and isinstance(scene, HasSurface) and not isinstance(scene, HasDepthMaps)
    volume = scene.volume({INSTANCE: 1})
    np.testing.assert_allclose(volume["occupancy"], plain(cars, made, 1, [2, 0]).sigmoid(), atol=1e-4)
    assert volume["bounds"].tolist() == [[-0.5] * 3, [0.5] * 3] and (volume["axes"] == np.eye(3)).all()


def test_depth_maps_are_the_networks(cars: Dataset) -> None:
    made = checkpoint(**DEPTH)
    scene = ENGINE.open(made, CPU, cars, LsmOptions())
    assert isinstance(scene, HasDepthMaps) and not isinstance(scene, HasSurface)
    found = scene.depth_maps({INSTANCE: 0})
    # Instance norms over a few voxels make much of a rounding.
    np.testing.assert_allclose(found["depth"], plain(cars, made, 0, [0, 1, 2])[-1], atol=1e-2)
    assert found["camera_to_world"].shape == (3, 4, 4) and found["K"].shape == (3, 3, 3)


def test_one_photograph_more_costs_one(cars: Dataset) -> None:
    scene = ENGINE.open(checkpoint(**SMALL), CPU, cars, LsmOptions(views=(0, 1, 2, 3)))
    assert isinstance(scene, VoxelScene)
    maker, calls = scene._sources.maker, list[int]()
    maker.network.ImNet_UNet.register_forward_hook(lambda *_: calls.append(1))
    views = scene._sources.views(0)
    with torch.inference_mode():
        maker.occupancy(0, views, (0, 1), never_stop)
        assert len(calls) == 2
        more = maker.occupancy(0, views, (0, 1, 3), never_stop)
        assert len(calls) == 3
        # Another order begins anew, but looks at no photograph again.
        other = maker.occupancy(0, views, (3, 1, 0), never_stop)
    assert len(calls) == 3 and not torch.equal(more, other)


@pytest.mark.parametrize("settings", [SMALL, DEPTH])
def test_other_photographs_are_chosen_while_it_is_open(cars: Dataset, settings: dict[str, Any]) -> None:
    scene = ENGINE.open(checkpoint(**settings), CPU, cars, LsmOptions(views=(0, 1)))
    assert isinstance(scene, VoxelScene | DepthScene)
    calls = list[int]()
    scene._sources.maker.network.ImNet_UNet.register_forward_hook(lambda *_: calls.append(1))
    scene.render(scene.start, whole_controls(scene, {}), never_stop)
    other = scene.made_of((0, 1, 3))
    frame = other.render(scene.start, whole_controls(other, {}), never_stop)
    assert len(calls) == 3 and scene.chosen_sources({}) == (0, 1) and other.chosen_sources({}) == (0, 1, 3)
    # As the command line has it.
    plainly = ENGINE.open(checkpoint(**settings), CPU, cars, LsmOptions(views=(0, 1, 3)))
    assert torch.equal(plainly.render(scene.start, whole_controls(other, {}), never_stop).image, frame.image)
    assert len(other.source_views({})) == 4 and other.made_of(None).chosen_sources({}) == (0, 1, 2)
    with pytest.raises(UserError, match=r"has 4 photographs, numbered from 0; views=9 is not among them"):
        scene.made_of((0, 9))


def known_solid(cars: Dataset, number: int) -> VoxelScene:
    """A scene whose network would know the voxels."""
    scene = ENGINE.open(checkpoint(**{**SMALL, "nvox": 32}), CPU, cars, LsmOptions(views=(0, 1, 2)))
    assert isinstance(scene, VoxelScene) and cars.volumes is not None
    known = torch.tensor(cars.volumes.read(number, 32)).float()
    vars(scene._sources.maker)["occupancy"] = lambda *_: known
    return scene


@pytest.mark.slow
def test_solids_are_drawn_where_and_as_the_photographs_show_them(cars: Dataset) -> None:
    scene = known_solid(cars, 1)
    view = cars.views.of_instance(1)[3]
    frame = scene.render(view.camera, whole_controls(scene, {INSTANCE: 1}), never_stop)
    depth, alpha, normals = frame.depth, frame.extra["alpha"] > 0, frame.extra["normals"]
    known = torch.tensor(view.depth())
    assert depth is not None
    both = alpha & known.isfinite()
    # The border of 32 voxels is not that of the car.
    assert both.sum() / (alpha | known.isfinite()).sum() > 0.85
    assert (depth[both] - known[both]).abs().median() < 1 / 32
    assert (frame.image[~alpha] == 1).all()
    # From where one of its photographs was taken it is coloured as there.
    first = cars.views.of_instance(1)[0]
    again = scene.render(first.camera, whole_controls(scene, {INSTANCE: 1}), never_stop)
    shown = (again.extra["alpha"] > 0) & torch.tensor(np.isfinite(first.depth()))
    photograph = torch.tensor(first.image())
    assert (again.image[shown] - photograph[shown]).abs().mean() < 0.3 * (1 - photograph[shown]).abs().mean()
    # Seen through it is where it was, and white where there is little of it.
    through = scene.render(view.camera, whole_controls(scene, {INSTANCE: 1, "look": 1}), never_stop)
    assert through.depth is not None and torch.equal(through.depth, depth)
    opacity = through.extra["alpha"]
    assert 0.2 < opacity[alpha].mean() < 0.9 and opacity[~alpha].mean() < 0.02
    assert (through.image[opacity == 0] == 1).all() and (through.image >= (1 - opacity)[..., None] - 1e-6).all()
    sight = torch.tensor(view.camera.forward).float()
    assert ((normals[alpha] @ sight) < 0.3).float().mean() > 0.95


def test_a_threshold_changes_what_is_solid(cars: Dataset) -> None:
    scene = ENGINE.open(checkpoint(**SMALL), CPU, cars, LsmOptions(views=(0,)))
    assert isinstance(scene, VoxelScene)
    occupancy = scene.volume({})["occupancy"][-1]
    shares = []
    for threshold in np.quantile(occupancy, [0.2, 0.8]):
        controls = whole_controls(scene, {"threshold": float(threshold)})
        shares.append(float(scene.render(scene.start, controls, never_stop).extra["alpha"].mean()))
    assert shares[0] > shares[1]


def test_points_of_depth_maps_are_seen_from_elsewhere(
    cars: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = ENGINE.open(checkpoint(**DEPTH), CPU, cars, LsmOptions(views=(0, 1, 2, 3)))
    assert isinstance(scene, DepthScene)
    views = cars.views.of_instance(0)
    known = torch.tensor(np.stack([view.depth() for view in views]))
    monkeypatch.setattr(scene._sources.maker, "depths", lambda *_: torch.where(known.isfinite(), known, 10.0))
    frame = scene.render(views[1].camera, {INSTANCE: 0}, never_stop)
    assert frame.depth is not None
    hit, truth = frame.depth.isfinite(), known[1].isfinite()
    assert (hit & truth).sum() / (hit | truth).sum() > 0.78
    both = hit & truth
    # A pixel is 0.03 wide, and of the points that cover it the nearest is seen.
    assert (frame.depth[both] - known[1][both]).abs().median() < 0.015
    photograph = torch.tensor(views[1].image())[both]
    assert (frame.image[both] - photograph).abs().mean() < 0.3 * (1 - photograph).abs().mean()
    # They are written as other programs read them, each where its photograph shows it, in its colour.
    out = tmp_path / "car.PLY"
    origin = np.array([3.0, 0.0, -1.0])
    written = run_points(scene, out, {INSTANCE: 0}, origin, never_stop)
    cloud = trimesh.load(out)
    assert isinstance(cloud, trimesh.PointCloud)
    points, shades = np.asarray(cloud.vertices) - origin, np.asarray(cloud.colors)[:, :3] / 255
    assert written.points == len(points) and known.isfinite().sum() * 0.9 < len(points) <= known.isfinite().sum()
    first = known[0].isfinite().sum()
    pixels, depth = project(views[0].camera, points[: int(first * 0.9)])
    column, row = np.floor(pixels).astype(int).T
    np.testing.assert_allclose(depth, known[0].numpy()[row, column], atol=1e-4)
    np.testing.assert_allclose(shades[: len(depth)], views[0].image()[row, column], atol=1 / 255)
    with pytest.raises(UserError, match=r"car\.obj: points are written as \.ply"):
        run_points(scene, tmp_path / "car.obj", {}, origin, never_stop)


def test_a_folder_is_needed(cars: Dataset) -> None:
    with pytest.raises(Lacking, match=r"it makes scenes of photographs: choose a data folder"):
        ENGINE.open(checkpoint(**SMALL), CPU, None, LsmOptions())
    with pytest.raises(UserError, match=r"02958343/car_000: has 4 photographs, numbered from 0; views=7 is not among"):
        ENGINE.open(checkpoint(**SMALL), CPU, cars, LsmOptions(views=(7,)))


@pytest.mark.parametrize(("settings", "to", "name"), [(SMALL, "volume", "occupancy"), (DEPTH, "depth", "depth")])
def test_arrays_are_written_for_scripts(
    cars_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: dict[str, Any], to: str, name: str
) -> None:
    (tmp_path / "args.json").write_text('{"nvox": 8, "im_h": 32, "im_w": 32}')
    index, _ = write_bundle(tmp_path / "mvnet-5.index", upstream.write(checkpoint(**settings)))
    car, out = cars_folder / "renders" / "02958343" / "car_000", tmp_path / "out.npz"
    command = ["convert", str(index), "--data", str(car), "--set", "views=[0,2]", "--out", str(out)]
    assert cli.main([*command, "--to", to]) == 0
    with np.load(out) as arrays:
        assert arrays[name].shape == ((2, 8, 8, 8) if to == "volume" else (2, 32, 32))
    other = "depth" if to == "volume" else "volume"
    assert cli.main([*command[:-1], str(tmp_path / "none.npz"), "--to", other]) == 1
    assert "this scene of lsm has no" in capsys.readouterr().err and not (tmp_path / "none.npz").exists()
    points = tmp_path / "points.ply"
    assert cli.main([*command[:-1], str(points), "--to", "points"]) == (to == "volume")
    assert points.exists() == (to == "depth")
    assert ("has no points; a mesh can be made of it" in capsys.readouterr().err) == (to == "volume")
    box = ["--crop-box", "-9", "-9", "-9", "9", "9", "0"]
    assert cli.main([*command[:-1], str(tmp_path / "cropped.npz"), "--to", to, *box]) == (to == "volume")
    if to == "volume":
        assert "--crop-box goes with --to points and --to depth" in capsys.readouterr().err
        return
    with np.load(out) as whole, np.load(tmp_path / "cropped.npz") as cropped:
        gone = np.isinf(cropped["depth"])
        assert 0 < gone.sum() < gone.size
        np.testing.assert_array_equal(cropped["depth"][~gone], whole["depth"][~gone])
    assert cli.main([*command[:-1], str(tmp_path / "cropped.ply"), "--to", "points", *box]) == 0
    clouds = [trimesh.load(file) for file in (points, tmp_path / "cropped.ply")]
    places, below = (np.asarray(cloud.vertices) for cloud in clouds if isinstance(cloud, trimesh.PointCloud))
    np.testing.assert_allclose(below, places[places[:, 2] <= 0], atol=1e-6)


def test_converted_files_are_the_authors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "args.json").write_text('{"nvox": 8, "im_h": 32, "im_w": 48}')
    written = upstream.write(checkpoint(nvox=8, im_h=32, im_w=48))
    index, data = write_bundle(tmp_path / "mvnet-5.index", written)
    back = tmp_path / "back" / "mvnet-5.index"
    assert cli.main(["convert", str(index), "--to", "upstream", "--out", str(back)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [Path(line).name for line in lines] == ["mvnet-5.index", "mvnet-5.data-00000-of-00001", "args.json"]
    assert [back.parent.joinpath(path.name).read_bytes() for path in (index, data)] == [
        path.read_bytes() for path in (index, data)
    ]
    assert upstream.read(read_bundle(back), back).config["im_w"] == 48
    assert cli.main(["convert", str(index), "--to", "upstream", "--out", str(tmp_path / "a.pth")]) == 1
    assert "the authors' files are TensorFlow's; name it .index" in capsys.readouterr().err
