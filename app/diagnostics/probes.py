"""What is asked of each part of the machine; each function is called in a process of its own (`probing.probed`)."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

ENCODERS = {
    "H.264": ("libx264",),
    "H.265": ("libx265",),
    "VP9": ("libvpx-vp9",),
    "AV1": ("libsvtav1", "libaom-av1", "librav1e"),
    "ProRes": ("prores_ks", "prores"),
}
"""By what people call a video's format: the encoders of ffmpeg that write it."""
NVIDIA_FIELDS = ("name", "driver_version", "memory.total")
PCI_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
ANSWER_S = 20.0


def torch_facts() -> dict[str, Any]:
    """torch's version, what it can compute on, and with how many threads."""
    import torch

    from engines.core.device import choose_device, describe_device, usable_cores

    facts: dict[str, Any] = {
        "version": torch.__version__,
        "cuda_build": torch.version.cuda,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "threads": torch.get_num_threads(),
        "cores": usable_cores(),
        "vector_units": torch.backends.cpu.get_cpu_capability(),
        "onednn": torch.backends.mkldnn.is_available(),
    }
    device = choose_device()
    return facts | {"device": device.type, "device_name": describe_device(device)}


def gpu_facts() -> dict[str, Any]:
    """The graphics cards that the system knows, with their drivers, whatever torch thinks of them."""
    return {"nvidia": _nvidia_cards(), "cards": _linux_cards()}


def _nvidia_cards() -> list[dict[str, str]]:
    try:
        done = subprocess.run(
            ["nvidia-smi", f"--query-gpu={','.join(NVIDIA_FIELDS)}", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=ANSWER_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode:
        return []
    rows = (line.split(", ") for line in done.stdout.splitlines())
    return [dict(zip(("name", "driver", "memory"), row, strict=True)) for row in rows if len(row) == len(NVIDIA_FIELDS)]


def _linux_cards() -> list[dict[str, str]]:
    found = []
    for device in sorted(Path("/sys/class/drm").glob("card[0-9]/device")):
        try:
            vendor = (device / "vendor").read_text().strip()
        except OSError:
            continue
        driver = (device / "driver").resolve().name if (device / "driver").exists() else ""
        found.append({"vendor": PCI_VENDORS.get(vendor, vendor), "driver": driver})
    return found


def ffmpeg_facts() -> dict[str, Any]:
    """The version of ffmpeg and, by format, the encoder that would write it; "" where it has none."""
    import imageio_ffmpeg

    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-encoders"],
        capture_output=True,
        text=True,
        timeout=ANSWER_S,
        check=True,
    )
    there = set(re.findall(r"^ V\S+ (\S+)", done.stdout, re.M))
    chosen = {title: next((name for name in names if name in there), "") for title, names in ENCODERS.items()}
    return {"version": str(imageio_ffmpeg.get_ffmpeg_version()), "encoders": chosen}


def colmap_facts() -> dict[str, Any]:
    """The version of COLMAP, and whether it was built for CUDA."""
    import pycolmap

    return {"version": pycolmap.__version__, "cuda": bool(getattr(pycolmap, "has_cuda", False))}


def folder_facts() -> dict[str, Any]:
    """The folders that are written to, by what they are for: where, bytes free, and why they can't be written."""
    from app.diagnostics.log_file import log_folder
    from app.settings import config_folder, load_settings, runs_home

    settings = load_settings()
    folders = {"Runs": runs_home(settings), "Settings": config_folder(), "Log": log_folder()}
    return {topic: _folder(folder) for topic, folder in folders.items()}


def _folder(folder: Path) -> dict[str, Any]:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    facts: dict[str, Any] = {"place": str(folder), "free": None, "problem": ""}
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"x")
        facts["free"] = shutil.disk_usage(there).free
    except OSError as error:
        facts["problem"] = error.strerror or str(error)
    return facts


def method_facts() -> dict[str, Any]:
    """The methods that work here, by name where they come from; and those that don't, with the reason."""
    import engines
    from engines.registry import CORE, all_engines, failed_engines, origins

    own = {path.parent.name for folder in engines.__path__ for path in Path(folder).glob("*/engine.py")} - {CORE}
    return {
        "working": {name: origins()[name].package for name in all_engines()},
        "failed": dict(failed_engines()),
        "own": sorted(own),
    }
