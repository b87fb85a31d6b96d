"""COLMAP's model in text: `cameras.txt`, `images.txt`, and a `points3D.txt` without points, which has to be there.

Poses are world to camera, quaternions w x y z; a lens that several frames share stands once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engines.core.files import replacing
from engines.core.paths.interpolation import quaternion_of
from engines.core.paths.path_content import Keeps, PathContent

KEEPS = Keeps(lens="whole", size=True)


def write_colmap(path: Path, content: PathContent) -> list[str]:
    """Writes the three files into the folder, or beside the `images.txt`, that `path` is.

    Raises:
        UserError: the place can't be written.
    """
    folder = path.parent if path.suffix == ".txt" else path
    folder.mkdir(parents=True, exist_ok=True)
    lenses = dict[tuple[float, ...], int]()
    images = list[str]()
    digits = max(5, len(str(len(content.cameras))))
    for number, camera in enumerate(content.cameras, 1):
        lens = lenses.setdefault((*camera.size_px, *camera.focal_px, *camera.centre_px), len(lenses) + 1)
        pose = np.linalg.inv(camera.camera_to_world)
        w, x, y, z = quaternion_of(pose[:3, :3])
        numbers = " ".join(repr(value) for value in (w, x, y, z, *pose[:3, 3].tolist()))
        # The empty line has the photograph's points, of which there are none.
        images.append(f"{number} {numbers} {lens} frame_{number:0{digits}}.png\n\n")
    cameras = [f"{number} PINHOLE {' '.join(repr(value) for value in lens)}\n" for lens, number in lenses.items()]
    contents = {
        "cameras.txt": "# CAMERA_ID MODEL WIDTH HEIGHT FX FY CX CY\n" + "".join(cameras),
        "images.txt": "# IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then a line of points\n" + "".join(images),
        "points3D.txt": "# POINT3D_ID X Y Z R G B ERROR TRACK\n",
    }
    for name, text in contents.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    return []
