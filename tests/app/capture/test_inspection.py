"""What an inspection says of a folder: at once, then photograph by photograph, and of what is spoilt in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from app.capture.inspection import inspecting
from app.capture.inspection.inspecting import inspect_data
from app.capture.inspection.photographs import Look, fineness, look_at_photograph
from app.capture.inspection.report import DataReport, Thumbnail, facts, to_json
from engines.core.camera import Array, Camera, look_at
from engines.core.data.images import write_png
from engines.core.data.views import View
from engines.core.engine import never_stop
from engines.core.errors import Cancelled, UserError
from engines.core.formats import open_dataset
from engines.core.formats.transforms_json import write_transforms
from engines.core.reading import naming
from tests.conftest import REPOSITORY
from tests.engines.core.examples import write_part
from tests.engines.core.formats.rigs import write_video
from tests.engines.core.formats.test_dvr import write as write_dvr

COUNT = 12
SIZE_PX = (96, 64)
UP = np.array([0.0, 0, 1])


def ring(count: int = COUNT, radius: float = 3.0) -> list[Camera]:
    """Around the origin."""
    angles = 2 * np.pi * np.arange(count) / count
    eyes = [np.array([radius * np.cos(angle), radius * np.sin(angle), 1.0]) for angle in angles]
    return [Camera(look_at(eye, np.zeros(3), UP), (90.0, 90.0), (48.0, 32.0), SIZE_PX) for eye in eyes]


def photograph(seed: int) -> Array:
    """Blots and fine grain, others for each seed."""
    random = np.random.default_rng(seed)
    coarse = cv2.resize(random.uniform(40, 215, (8, 12, 3)), SIZE_PX, interpolation=cv2.INTER_CUBIC)
    return (coarse + random.normal(0, 12, (*SIZE_PX[::-1], 1))).clip(0, 255).astype(np.uint8)


def capture(folder: Path, cameras: Sequence[Camera] | None = None) -> Path:
    """A folder with transforms.json and `images/00.png`..."""
    cameras = ring() if cameras is None else cameras
    views = []
    for index, camera in enumerate(cameras):
        path = folder / "images" / f"{index:02d}.png"
        write_png(path, photograph(index))
        views.append(View(camera, path.stem, image_path=path))
    write_transforms(folder / "transforms.json", views)
    return folder


def inspected(source: Path) -> DataReport:
    return inspect_data(source, lambda report, thumbnails: None, never_stop)


def findings(report: DataReport) -> list[tuple[str, tuple[str, ...]]]:
    return [(finding.text, finding.names) for finding in report.findings if finding.severity == "warning"]


def test_a_sound_capture_raises_no_doubt(tmp_path: Path) -> None:
    report = inspected(capture(tmp_path, ring(24)))
    assert report.kind == "data" and report.format == "transforms" and report.complete
    assert report.findings == () and report.splits == {"train": 24, "validation": 0, "test": 0}
    assert report.sizes == ("96x64",) and report.time_steps == 1 and report.masks == (0, 24)
    assert [seen.name for seen in report.cameras[:2]] == ["00", "01"]
    reasons = {fit.engine: fit.reason for fit in report.engines}
    assert reasons["colour_grid"] == "" and "nothing moves" in reasons["colour_film"]
    assert ("images", "24, 96x64") in facts(report) and ("up axis", "(0, 0, 1)") in facts(report)
    assert json.loads(json.dumps(to_json(report)))["engines"]["colour_grid"] == {
        "title": "Colour grid",
        "suited": True,
        "reason": None,
    }


def test_the_first_report_comes_before_any_photograph_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture(tmp_path)
    told: list[tuple[int, DataReport, Sequence[Thumbnail]]] = []
    read = [0]

    def counting(view: View, of_object: bool) -> Look:
        read[0] += 1
        return look_at_photograph(view, of_object)

    monkeypatch.setattr(inspecting, "look_at_photograph", counting)
    monkeypatch.setattr(inspecting, "TELL_S", 0.0)
    whole = inspect_data(tmp_path, lambda report, thumbnails: told.append((read[0], report, thumbnails)), never_stop)
    assert told[0][0] == 0 and told[0][1].cameras and not told[0][1].complete and told[0][2] == ()
    assert [report.looked_at for _, report, _ in told] == list(range(COUNT + 1)) and told[-1][1] is whole
    thumbnails = [thumbnail for _, _, some in told for thumbnail in some]
    assert len(thumbnails) == COUNT
    for thumbnail in thumbnails:
        assert thumbnail.place is not None and whole.cameras[thumbnail.place].name == thumbnail.name
        assert thumbnail.pixels.dtype == np.uint8 and max(thumbnail.pixels.shape[:2]) <= 128
        assert np.array_equal(thumbnail.pixels, photograph(int(thumbnail.name)))


def test_it_stops_when_asked(tmp_path: Path) -> None:
    capture(tmp_path)
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        inspect_data(tmp_path, lambda report, thumbnails: None, lambda: next(asked))


def pixels_bgr(path: Path) -> Array:
    return np.asarray(cv2.imread(str(path)))


def blur(path: Path) -> None:
    write_png(path, cv2.GaussianBlur(pixels_bgr(path)[..., ::-1], (0, 0), 1.5))


def shake(path: Path) -> None:
    write_png(path, cv2.blur(pixels_bgr(path)[..., ::-1], (7, 1)))


def blacken(path: Path) -> None:
    write_png(path, np.full((*SIZE_PX[::-1], 3), 4, dtype=np.uint8))


def whiten(path: Path) -> None:
    write_png(path, np.full((*SIZE_PX[::-1], 3), 252, dtype=np.uint8))


def copy_the_first(path: Path) -> None:
    Image.open(path.with_name("00.png")).save(path.with_suffix(".jpg"), quality=90)
    Image.open(path.with_suffix(".jpg")).save(path)
    path.with_suffix(".jpg").unlink()


def cut_short(path: Path) -> None:
    # The header is whole: the folder can be opened.
    path.write_bytes(path.read_bytes()[:300])


SPOILT: tuple[tuple[Callable[[Path], None], str], ...] = (
    (blur, "1 photograph much less sharp than the others: 05"),
    (shake, "1 photograph much less sharp than the others: 05"),
    (blacken, "1 photograph nearly all black: 05"),
    (whiten, "1 photograph nearly all white: 05"),
    (copy_the_first, "1 photograph that can hardly be told from another: 05 and 00"),
    (cut_short, "1 photograph can't be read: 05"),
)


@pytest.mark.parametrize(("spoil", "said"), SPOILT)
def test_a_spoilt_photograph_is_named(spoil: Callable[[Path], None], said: str, tmp_path: Path) -> None:
    capture(tmp_path)
    spoil(tmp_path / "images" / "05.png")
    (found,) = findings(inspected(tmp_path))
    # Which of two twins comes first depends on the order of reading.
    assert found[0] in (said, said.replace("05 and 00", "00 and 05")) and "05" in found[1]


def turned(camera: Camera, axis: Array) -> Camera:
    """By half a turn about its own axis."""
    pose = camera.camera_to_world.copy()
    pose[:3, :3] = pose[:3, :3] @ np.diag(axis)
    return camera.at(pose)


def moved(camera: Camera) -> Camera:
    pose = camera.camera_to_world.copy()
    pose[:3, 3] = 12 * pose[:3, 3]
    return camera.at(pose)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda camera: turned(camera, np.array([-1, 1, -1])), "1 camera looking away from what the others see: 05"),
        (lambda camera: turned(camera, np.array([-1, -1, 1])), "1 camera upside down against the others: 05"),
        (moved, "1 camera far outside the others, 13 times as far as most: 05"),
    ],
)
def test_a_camera_unlike_the_others_is_named(change: Callable[[Camera], Camera], said: str, tmp_path: Path) -> None:
    cameras = ring()
    cameras[5] = change(cameras[5])
    assert findings(inspected(capture(tmp_path, cameras))) == [(said, ("05",))]


def quarter(camera: Camera, quarters: int) -> Camera:
    """As it is held by somebody who turns it."""
    roll = np.eye(4)
    roll[:2, :2] = np.linalg.matrix_power(np.array([[0.0, -1], [1, 0]]), quarters)
    return camera.at(camera.camera_to_world @ roll)


def test_cameras_on_their_side_are_not_upside_down(tmp_path: Path) -> None:
    """Two and then five portraits among landscape pictures: of neither is a camera the wrong way up."""
    for count in (2, 5):
        cameras = [quarter(camera, int(index < count)) for index, camera in enumerate(ring())]
        report = inspected(capture(tmp_path / str(count), cameras))
        assert report.up is not None and report.up.tolist() == [0, 0, 1]
        assert not [text for text, _ in findings(report) if "upside" in text]
        assert f"{count} of 12 cameras are held on their side" in report.notes[-1]


def test_photograph_that_exif_has_upside_down_is_not_so(tmp_path: Path) -> None:
    cameras = [quarter(camera, 2 * int(index == 5)) for index, camera in enumerate(ring())]
    folder = capture(tmp_path, cameras)
    assert findings(inspected(folder)) == [("1 camera upside down against the others: 05", ("05",))]
    path = folder / "images" / "05.png"
    with Image.open(path) as image:
        image.load()
        exif = image.getexif()
        exif[0x0112] = 3
        image.save(path, exif=exif)
    report = inspected(folder)
    assert findings(report) == []
    assert ("up from", "where EXIF has the upper edges of 1 of 12 photographs") in facts(report)


def test_cameras_in_one_place_tell_no_depth(tmp_path: Path) -> None:
    eye = np.array([1.0, 2.0, 3.0])
    turning = [camera.at(look_at(eye, eye + camera.forward, UP)) for camera in ring()]
    report = inspected(capture(tmp_path / "still", turning))
    assert "all cameras stand in one place" in " ".join(text for text, _ in findings(report))
    eyes = [np.array([0.002 * index, -3, 0]) for index in range(COUNT)]
    near = [camera.at(look_at(eye, np.zeros(3), UP)) for camera, eye in zip(ring(), eyes, strict=True)]
    (found,) = findings(inspected(capture(tmp_path / "near", near)))
    # 90 pixels of focal length, 0.022 across, 3 away.
    assert "the nearest things move by 0.66 pixels between them" in found[0]


def test_few_photographs_are_a_note_and_two_a_warning(tmp_path: Path) -> None:
    report = inspected(capture(tmp_path / "twelve"))
    assert [finding.severity for finding in report.findings] == [
        "note"
    ] and "12 photographs to train on" in report.findings[0].text
    report = inspected(capture(tmp_path / "two", ring()[:2]))
    assert findings(report)[0][0].startswith("2 photographs to train on")


def test_masks_that_only_some_have_are_missing(tmp_path: Path) -> None:
    write_dvr(tmp_path)
    assert inspected(tmp_path).masks == (4, 4)
    for name in ("001", "003"):
        (tmp_path / "mask" / f"{name}.png").unlink()
    report = inspected(tmp_path)
    assert report.masks == (2, 4) and ("masks", "2 of 4") in facts(report)
    assert ("masks are missing of 2 of 4 photographs: 000001, 000003", ("000001", "000003")) in findings(report)


def test_masks_that_say_nothing_are_named(tmp_path: Path) -> None:
    write_dvr(tmp_path)
    first, second, third, _ = sorted((tmp_path / "mask").iterdir())
    # Of 0 and 1 out of 255, as labels often are: nothing in it is white.
    cv2.imwrite(str(first), np.ones((12, 16)))
    cv2.imwrite(str(second), np.full((7, 5), 255))
    third.unlink()
    found = findings(inspected(tmp_path))
    assert found[-2] == (
        "1 photograph with an empty mask (what belongs to the object must be white in it): 000000",
        ("000000",),
    )
    assert found[-1] == (f"{second}: is 5x7, its photograph is 16x12", ("000001",))


def test_masks_that_leave_nothing_are_named(tmp_path: Path) -> None:
    capture(tmp_path)
    data = json.loads((tmp_path / "transforms.json").read_text())
    for number, frame in enumerate(data["frames"]):
        frame["mask_path"] = f"masks/{number}.png"
        write_png(tmp_path / frame["mask_path"], np.full(SIZE_PX[::-1], 0 if number == 5 else 255, dtype=np.uint8))
    (tmp_path / "transforms.json").write_text(json.dumps(data))
    assert findings(inspected(tmp_path)) == [("1 photograph of which the mask leaves nothing to train on: 05", ("05",))]


def test_masks_of_what_counts_and_depths_are_told_of(tmp_path: Path) -> None:
    capture(tmp_path)
    path = tmp_path / "transforms.json"
    data = json.loads(path.read_text())
    for frame in data["frames"]:
        photograph = Path(frame["file_path"])
        for field, folder in (("mask_path", "masks"), ("depth_file_path", "depth")):
            frame[field] = f"{folder}/{photograph.stem}.png"
            (tmp_path / folder).mkdir(exist_ok=True)
            shutil.copy(tmp_path / photograph, tmp_path / frame[field])
    path.write_text(json.dumps(data))
    found = facts(inspected(tmp_path))
    assert ("masks", "all") in found and ("depths", "all") in found


def test_photographs_of_several_sizes_are_a_note(tmp_path: Path) -> None:
    capture(tmp_path)
    for name in ("03", "04"):
        write_png(tmp_path / "images" / f"{name}.png", photograph(int(name))[::2, ::2])
    texts = [finding.text for finding in inspected(tmp_path).findings]
    assert "photographs of 2 sizes: 96x64 (10), 48x32 (2)" in texts


def test_what_the_layout_refuses_is_the_reason(tmp_path: Path) -> None:
    write_part(tmp_path)
    write_png(tmp_path / "rgb" / "000001.png", np.zeros((48, 64, 3), dtype=np.uint8))
    report = inspected(tmp_path)
    assert report.kind == "unknown" and "is 64x48, the other images are 32x24" in report.reason


def test_of_very_many_a_spread_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "MOST_LOOKED_AT", 5)
    monkeypatch.setattr(inspecting, "MOST_CAMERAS", 6)
    names: list[str] = []
    report = inspect_data(
        capture(tmp_path), lambda report, some: names.extend(thumbnail.name for thumbnail in some), never_stop
    )
    assert len(names) == 5 and len(report.cameras) == 6 and [seen.name for seen in report.cameras][:2] == ["00", "02"]
    assert "5 of 12 photographs are looked at, evenly spread" in [finding.text for finding in report.findings]


def test_photographs_and_films_are_known_as_such(tmp_path: Path) -> None:
    report = inspected(capture(tmp_path) / "images")
    assert report.kind == "photographs" and report.complete and report.photographs == COUNT and not report.engines
    (tmp_path / "images" / "07.png").write_bytes(b"no image")
    assert findings(inspected(tmp_path / "images")) == [("1 photograph can't be read: 07.png", ("07.png",))]
    write_video(tmp_path / "walk.mp4", [photograph(index) for index in range(30)])
    report = inspected(tmp_path / "walk.mp4")
    assert report.kind == "video" and report.photographs == 30 and report.sizes == ("96x64",) and report.findings == ()


def test_anything_else_is_unknown_for_a_reason(tmp_path: Path) -> None:
    assert inspected(tmp_path).reason == "the folder is empty"
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    assert "no data in a layout that is known" in inspected(tmp_path).reason
    assert inspected(tmp_path / "letter.txt").kind == "unknown"
    write_png(tmp_path / "one.png", photograph(0))
    assert inspected(tmp_path).reason == "1 photograph without cameras, which can be found of 3 or more"
    with pytest.raises(UserError, match="no such folder or file"):
        inspected(tmp_path / "nowhere")


def test_a_file_of_a_data_folder_leads_to_the_folder(tmp_path: Path) -> None:
    capture(tmp_path)
    report = inspected(tmp_path / "transforms.json")
    assert report.kind == "unknown" and report.reason == "is a file; name the folder that it lies in"
    with pytest.raises(UserError, match=r"transforms\.json: is a file; name the folder that it lies in"):
        open_dataset(tmp_path / "transforms.json")


def test_fineness_does_not_depend_on_what_is_shown() -> None:
    grey = photograph(0)[..., 0]
    faint = (128 + (grey.astype(float) - 128) / 4).astype(np.uint8)
    assert 0.9 < fineness(faint) / fineness(grey) < 1.1
    assert fineness(cv2.GaussianBlur(grey, (0, 0), 1.0)) < 0.6 * fineness(grey)
    assert fineness(np.full((64, 96), 7, dtype=np.uint8)) == 0


def test_names_are_few() -> None:
    assert naming(["a", "b", "c"]) == "a, b, c" and naming(list("abcde")) == "a, b, c and 2 more"


def test_a_recording_that_stands_still_now_and_then_is_sound() -> None:
    report = inspected(REPOSITORY / "checkpoints" / "street")
    assert report.findings == () and report.time_steps == 24 and report.rig == 10 and report.backgrounds == 10
    # Cameras are drawn once, not for each time step.
    assert len(report.cameras) == 10 and report.photographs == 240


@pytest.mark.parametrize(
    "name", ["fox", "juicebox_llff", "lego_deepvoxels_srn", "dtu_scan65_skull", "dyn_stereo_ir", "r2n2_shapenet7"]
)
def test_real_captures_raise_no_false_alarm(name: str, shared: Path) -> None:
    report = inspected(shared / "data" / name)
    assert report.kind == "data" and findings(report) == []


def test_a_spoilt_fox_is_found_out(shared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fox"
    shutil.copytree(shared / "data" / "fox", folder)
    images = folder / "images"
    picture = pixels_bgr(images / "0034.jpg")
    cv2.imwrite(str(images / "0034.jpg"), cv2.GaussianBlur(picture, (0, 0), 1.2))
    cv2.imwrite(str(images / "0052.jpg"), pixels_bgr(images / "0014.jpg"), [cv2.IMWRITE_JPEG_QUALITY, 50])
    cv2.imwrite(str(images / "0072.jpg"), picture // 64)
    (images / "0089.jpg").write_bytes((images / "0089.jpg").read_bytes()[:9000])
    data = json.loads((folder / "transforms.json").read_text(encoding="utf-8"))
    frame = next(frame for frame in data["frames"] if frame["file_path"].endswith("0078.jpg"))
    pose = np.array(frame["transform_matrix"])
    pose[:3, [0, 2]] *= -1
    frame["transform_matrix"] = pose.tolist()
    (folder / "transforms.json").write_text(json.dumps(data), encoding="utf-8")
    found = {text.partition(":")[0]: set(names) for text, names in findings(inspected(folder))}
    assert found == {
        "1 photograph much less sharp than the others": {"0034"},
        "1 photograph that can hardly be told from another": {"0014", "0052"},
        "1 photograph nearly all black": {"0072"},
        "1 photograph can't be read": {"0089"},
        "1 camera looking away from what the others see": {"0078"},
    }
