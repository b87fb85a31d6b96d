"""A scene opened from the authors' files gives what their code gave."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial import cKDTree

from app.mesh.mesh_export import MadeMesh, MeshExport
from app.mesh.surface_meshing import mesh_from_surface
from app.viewing.opening import Opened, open_scene
from engines.core.camera import Array
from engines.core.engine import never_stop
from engines.dvr.scene import DvrScene
from tests.engines.dvr.fixtures import SAMPLES

HIT_SHARE = 0.998
"""Of the pixels, on which silhouettes agree: a ray that grazes the surface falls either way by rounding."""
COLOUR = 1 / 255
"""Mean, as a picture is kept in bytes."""
DEPTH = 1e-3
EVERY = 5
"""A picture whose corners are pixels' middles, made smaller by this, has every so manyth of its pixels."""
DATA = {"dvr_rgb": "data/scan1", "dvr_cond": "data/cls"}
MESH_PADDING = {"dvr_rgb": 0.1, "dvr_cond": 0.0}
"""Of the cube that their meshes were extracted from, by the fixtures' configurations."""
MESH_CELLS = {"dvr_rgb": 64, "dvr_cond": 32}
"""Along a side of that cube: `resolution_0` times 2 to the `upsampling_steps`."""
MODELS = [("dvr_rgb", 0), ("dvr_cond", 0), ("dvr_cond", 1)]


@cache
def fixture(shared: Path, name: str) -> tuple[Opened, dict[str, Array]]:
    folder = shared / "golden" / "dvr" / name
    with np.load(folder / "outputs.npz") as outputs:
        return open_scene(folder / "model.pt", folder / DATA[name], "cpu"), dict(outputs)


def scene_of(opened: Opened) -> DvrScene:
    assert isinstance(opened.scene, DvrScene)
    return opened.scene


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_pictures_depth_and_normals(shared: Path, name: str, model: int) -> None:
    opened, outputs = fixture(shared, name)
    # As their YAML says, which lies beside.
    assert scene_of(opened).options.ray_samples == SAMPLES[name] and opened.dataset is not None
    for number, view in enumerate(opened.dataset.views.of_instance(model)):
        width, height = view.camera.size_px
        camera = view.camera.resized(((width - 1) // EVERY + 1, (height - 1) // EVERY + 1))
        expected = {
            key: outputs[f"m{model}_{key}"][number][::EVERY, ::EVERY]
            for key in ("mask_pred", "rgb", "depth_cam", "normals_inward")
        }
        frame = opened.scene.render(camera, {"instance": model}, never_stop)
        assert frame.depth is not None
        hit, image = torch.isfinite(frame.depth).numpy(), frame.image.numpy()
        assert (hit == expected["mask_pred"]).mean() >= HIT_SHARE
        both = hit & expected["mask_pred"]
        assert both.sum() > 20 and np.abs(image - expected["rgb"])[both].mean() <= COLOUR
        assert np.abs(frame.depth.numpy() - expected["depth_cam"])[both].max() <= DEPTH
        assert (image[~hit] == 1).all()
        normals = frame.extra["normals"].numpy()
        in_world = normals @ camera.camera_to_world[:3, :3].T
        cosine = (in_world * expected["normals_inward"]).sum(-1)
        assert cosine[both].min() > 1 - DEPTH and (normals[~hit] == 0).all()


@pytest.mark.parametrize(("name", "model"), MODELS[:2])
def test_field(shared: Path, name: str, model: int) -> None:
    opened, outputs = fixture(shared, name)
    expected = outputs["logit_grid"]
    half = 0.5 + MESH_PADDING[name] / 2
    places = torch.linspace(-half, half, expected.shape[0])
    points = torch.stack(torch.meshgrid(places, places, places, indexing="ij"), dim=-1).view(-1, 3)
    values = scene_of(opened).surface({"instance": model}).values(points)
    np.testing.assert_allclose(values.numpy(), expected.ravel(), atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("model", [0, 1])
def test_code_of_a_photograph(shared: Path, model: int) -> None:
    opened, outputs = fixture(shared, "dvr_cond")
    code = scene_of(opened).code({"instance": model})
    assert code is not None
    # Decoders of JPEG may differ by a level here and there.
    np.testing.assert_allclose(code.numpy(), outputs[f"m{model}_c"], atol=1e-4)


@cache
def mesh_of(shared: Path, name: str) -> MadeMesh:
    """Extracted from the cells that theirs was; of the first object, as theirs."""
    half = 0.5 + MESH_PADDING[name] / 2
    box = np.array([[-half] * 3, [half] * 3])
    export = MeshExport(Path("mesh.ply"), MESH_CELLS[name], controls={"instance": 0}, box=box, all_pieces=True)
    return mesh_from_surface(scene_of(fixture(shared, name)[0]), "dvr", export, lambda progress: None, never_stop)


@pytest.mark.parametrize("name", MESH_CELLS)
def test_vertices_of_a_mesh_are_theirs(shared: Path, name: str) -> None:
    made, (_, outputs) = mesh_of(shared, name), fixture(shared, name)
    theirs, cell = outputs["mesh_vertices"], (1 + MESH_PADDING[name]) / MESH_CELLS[name]
    # Which corners of a cell are joined across differs between the marching cubes of 1987 and of 2003: not how many.
    assert made.surface.vertices.shape == theirs.shape and made.surface.faces.shape == outputs["mesh_faces"].shape
    distances, nearest = cKDTree(made.surface.vertices).query(theirs)
    # One near to a corner of the cells is near to two of ours.
    assert len(set(nearest)) > 0.999 * len(theirs)
    # Where the field hardly changes along an edge, the last digits of its values move the vertex.
    assert (distances < 1e-3 * cell).mean() > 0.999 and distances.max() < 0.1 * cell
    # They cut values off, ours are rounded.
    steps = made.colours[nearest].astype(int) - outputs["mesh_colors"][:, :3]
    assert steps.min() >= 0 and steps.max() <= 1


def test_normals_of_a_mesh_are_about_those_of_their_triangles(shared: Path) -> None:
    made, (_, outputs) = mesh_of(shared, "dvr_rgb"), fixture(shared, "dvr_rgb")
    assert made.normals is not None
    _, nearest = cKDTree(made.surface.vertices).query(outputs["mesh_vertices"])
    cosines = (made.normals[nearest] * outputs["mesh_normals_outward"]).sum(axis=1)
    # Ours are the field's; a cell's triangles lie across it at the spheres' edges.
    assert cosines.min() > 0.9 and cosines.mean() > 0.999
