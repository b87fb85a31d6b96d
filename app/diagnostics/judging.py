"""What the facts of a machine mean for this program: what is well, what is slow and why, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from app.diagnostics.probing import Facts
from app.human_readable import human_bytes

State = Literal["ok", "note", "slow", "missing"]
NEEDED_ENCODER = "H.264"
LITTLE_MEMORY, LITTLE_DISK = 2e9, 2e9
"""Bytes: below these trainings and exports end early."""
LEAST_GAIN = 1.3
"""By how much two threads or more must be faster than one, where nobody else wants the cores: at least by this."""
LEAST_CONVOLUTION = 0.1
"""Of a matrix product's operations a second, for a convolution: less where none of its fast forms is used."""
LEAST_COPY = 2.0
"""GB/s; below, threads wait for memory."""
LEAST_GPU_GAIN = 3.0
MOST_UPLOAD_MS = 30.0
"""For a picture of 1024 x 1024; above, no more than some 30 a second can be shown."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found of a part of the machine.

    Attributes:
        topic: the part.
        state: "missing" where something that is needed is not there; "note" is for what is good to know.
        text: what was found, and what follows.
        way_out: what to do about it; "" where nothing need be done.
    """

    topic: str
    state: State
    text: str
    way_out: str = ""


def judge_opengl(facts: Facts, no_display: str = "") -> Iterator[Diagnosis]:
    """OpenGL, or why nothing can be said of it: `no_display`."""
    topic = "OpenGL"
    if no_display:
        way = "start it on a desktop, or with ssh -X, for the window; all other commands work without"
        yield Diagnosis(topic, "note", f"not looked at: {no_display}", way)
    elif "error" in facts:
        way = "reinstall the graphics driver; until then --safe-mode, or VANTAGE_CANVAS=painter"
        yield Diagnosis(topic, "missing", f"the window can't ask for it: {facts['error']}", way)
    elif facts["renderer"] is None:
        way = "install the graphics card's driver (on Debian and Ubuntu: libgl1, libgl1-mesa-dri)"
        yield Diagnosis(topic, "slow", "there is none; the window is drawn by QPainter, in software", way)
    elif facts["in_software"]:
        text = (
            f"{_opengl(facts)}: drawn in software, by the processor; the window takes QPainter instead, which is "
            "faster there (methods compute on their own device all the same); Gaussians are re-projected while the "
            "camera moves"
        )
        yield Diagnosis(topic, "slow", text, "install the graphics card's driver, or start it on the desktop itself")
    else:
        yield Diagnosis(topic, "ok", f"{_opengl(facts)}{_live(facts)}")
        if (facts["upload_ms"] or 0) > MOST_UPLOAD_MS:
            text = f"a picture takes {facts['upload_ms']:.0f} ms to the graphics card"
            yield Diagnosis(topic, "slow", text, "VANTAGE_CANVAS=painter; over a network, a smaller window")


def _live(facts: Facts) -> str:
    if (can := facts.get("draws_gaussians")) is None:
        return ""
    return f"; {'draws' if can else 'too old to draw'} Gaussians while the camera moves"


def _opengl(facts: Facts) -> str:
    return ", ".join(filter(None, (facts["renderer"], facts["vendor"], facts["version"])))


def judge_gpu(facts: Facts, torch_facts: Facts) -> Iterator[Diagnosis]:
    """Graphics cards and their drivers, and whether torch can use them."""
    topic = "GPU"
    nvidia = facts.get("nvidia") or ()
    for card in nvidia:
        yield Diagnosis(topic, "ok", f"{card['name']}, driver {card['driver']}, {card['memory']}")
    for card in facts.get("cards") or ():
        if card["vendor"] != "NVIDIA" or not nvidia:
            yield _card(card)
    if nvidia and torch_facts.get("cuda") is False:
        if torch_facts.get("cuda_build") is None:
            text, way = "torch was installed for the CPU only", "./vantage setup looks for the GPU again"
        else:
            text = f"torch, built for CUDA {torch_facts['cuda_build']}, does not see it"
            way = "a newer NVIDIA driver; nvidia-smi tells which CUDA it can do, and CUDA_VISIBLE_DEVICES may hide it"
        yield Diagnosis(topic, "slow", text, way)
    elif not nvidia and torch_facts.get("device") == "cpu":
        text = "none that torch can use; scenes are drawn and trained by the processor"
        yield Diagnosis(topic, "note", text)


def _card(card: Mapping[str, str]) -> Diagnosis:
    if card["vendor"] == "NVIDIA":
        text = f"NVIDIA, driver {card['driver'] or 'none'}; nvidia-smi does not answer"
        return Diagnosis("GPU", "slow", text, "install NVIDIA's own driver")
    return Diagnosis("GPU", "ok", f"{card['vendor']}, driver {card['driver'] or 'none'}")


def judge_torch(facts: Facts) -> Iterator[Diagnosis]:
    """torch, its device and threads."""
    topic = "torch"
    if "error" in facts:
        yield Diagnosis(topic, "missing", facts["error"], "./vantage setup, or pip install -r requirements.txt")
        return
    threads, cores = facts["threads"], facts["cores"]
    yield Diagnosis(topic, "ok", f"{facts['version']} on {facts['device_name']}")
    if facts["device"] == "cpu" and threads < cores / 2:
        text = f"it takes {threads} of {cores} cores"
        yield Diagnosis(topic, "slow", text, "unset OMP_NUM_THREADS and MKL_NUM_THREADS")
    if facts["device"] == "cpu" and facts["vector_units"] in ("DEFAULT", "NO AVX"):
        text = f"it uses no wide vector units of this processor ({facts['vector_units']})"
        yield Diagnosis(topic, "slow", text, "unset ATEN_CPU_CAPABILITY; in a virtual machine pass the host's CPU on")
    if facts["device"] == "cpu" and not facts["onednn"]:
        yield Diagnosis(topic, "slow", "it was built without oneDNN's fast convolutions", "./vantage setup")


def judge_speed(facts: Facts, load: float, cores: int) -> Iterator[Diagnosis]:
    """What was measured.

    Args:
        load: processes that wanted the processor in the last minute, on average.
    """
    topic = "Speed"
    if "error" in facts:
        yield Diagnosis(topic, "note", f"not measured: {facts['error']}")
        return
    product, convolution, copy = facts["product"], facts["convolution"], facts["copy"]
    text = f"{product:.0f} GFLOP/s in matrix products, {convolution:.0f} in convolutions; copies {copy:.0f} GB/s"
    if "device_product" in facts:
        text += (
            f"; {facts['device_product']:.0f} and {facts['device_convolution']:.0f} GFLOP/s on the {facts['device']}"
        )
    yield Diagnosis(topic, "ok", text)
    gain = product / facts["product_of_one_thread"] if "product_of_one_thread" in facts else None
    if gain is not None and gain < LEAST_GAIN:
        why = f"; {load:.1f} processes wanted {cores} cores in the last minute" if load > cores / 2 else ""
        way = "end other programs that compute; in a container or virtual machine give it whole cores"
        text = f"{facts['threads']} threads do {gain:.1f} times the work of one{why}"
        yield Diagnosis(topic, "slow", text, way)
    if convolution < LEAST_CONVOLUTION * product:
        way = "leave ONEDNN and MKLDNN variables of the environment unset; ./vantage setup installs torch anew"
        yield Diagnosis(topic, "slow", "convolutions are far slower than matrix products are", way)
    if copy < LEAST_COPY:
        way = "end other programs that fill the memory; look whether the machine swaps"
        yield Diagnosis(topic, "slow", f"memory gives {copy:.1f} GB/s: all cores wait for it", way)
    if facts.get("device_product", float("inf")) < LEAST_GPU_GAIN * product:
        way = "look in nvidia-smi for other programs on it, a power limit, or a card that is too hot"
        yield Diagnosis(topic, "slow", f"the {facts['device']} is hardly faster than the processor", way)


def judge_ffmpeg(facts: Facts) -> Iterator[Diagnosis]:
    """ffmpeg and what it can encode."""
    topic, way = "ffmpeg", "pip install imageio-ffmpeg; IMAGEIO_FFMPEG_EXE may name another ffmpeg, unset it"
    if "error" in facts:
        yield Diagnosis(topic, "missing", f"no videos can be written: {facts['error']}", way)
        return
    there = ", ".join(f"{title} ({name})" for title, name in facts["encoders"].items() if name)
    yield Diagnosis(topic, "ok", f"{facts['version']}; encodes {there or 'nothing that is known here'}")
    for title, name in facts["encoders"].items():
        if not name:
            state: State = "missing" if title == NEEDED_ENCODER else "note"
            yield Diagnosis(topic, state, f"no encoder for {title}", way)


def judge_colmap(facts: Facts) -> Iterator[Diagnosis]:
    """COLMAP, which finds the cameras of photographs."""
    if "error" in facts:
        text = f"no cameras of photographs can be found: {facts['error']}"
        yield Diagnosis("COLMAP", "missing", text, "./vantage setup, or pip install pycolmap")
    else:
        yield Diagnosis("COLMAP", "ok", f"{facts['version']}{', with CUDA' if facts['cuda'] else ''}")


def judge_methods(facts: Facts) -> Iterator[Diagnosis]:
    """The program's methods and those of plug-ins."""
    topic = "Methods"
    if "error" in facts:
        yield Diagnosis(topic, "missing", facts["error"], "./vantage setup; --safe-mode leaves plug-ins out")
        return
    working = [f"{name} ({package})" if package else name for name, package in facts["working"].items()]
    yield Diagnosis(topic, "ok", ", ".join(working) or "none")
    for name, reason in facts["failed"].items():
        if name in facts["own"]:
            yield Diagnosis(topic, "missing", f"{name} can't be used: {reason}", "./vantage setup")
        else:
            way = "tell the author of the package; pip uninstall takes it away"
            yield Diagnosis(topic, "note", f"the plug-in {name} can't be used: {reason}", way)


def judge_memory(available: float, total: float) -> Iterator[Diagnosis]:
    """Memory, in bytes."""
    text = f"{human_bytes(available)} free of {human_bytes(total)}"
    if available < LITTLE_MEMORY:
        yield Diagnosis("Memory", "slow", text, "close other programs; take smaller pictures and batches")
    else:
        yield Diagnosis("Memory", "ok", text)


def judge_folders(facts: Facts) -> Iterator[Diagnosis]:
    """The folders that are written to: what is free there, or why they can't be written."""
    if "error" in facts:
        yield Diagnosis("Folders", "missing", f"they can't be looked at: {facts['error']}", "look after the disk")
        return
    for topic, found in facts.items():
        yield from _judge_folder(topic, found["place"], found["free"], found["problem"])


def _judge_folder(topic: str, place: str, free: float | None, problem: str) -> Iterator[Diagnosis]:
    if problem:
        yield Diagnosis(topic, "missing", f"{place} can't be written: {problem}", "make it yours, or choose another")
    elif free is not None and free < LITTLE_DISK:
        yield Diagnosis(topic, "slow", f"{place}: only {human_bytes(free)} free", "make room, or choose another disk")
    else:
        yield Diagnosis(topic, "ok", f"{place}{f': {human_bytes(free)} free' if free is not None else ''}")
