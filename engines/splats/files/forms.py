"""The forms that splats are kept in: which one a file is, by its content, and reading and writing by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.formats.ply_header import LONGEST_HEADER, is_ply, read_header
from engines.core.reading import concerning, reading, require_file
from engines.splats.files import compressed_ply, gltf, inria_ply, ksplat, sog, splat, spz
from engines.splats.files.content import SplatContent
from engines.splats.splats import sound

Write = Callable[[Path, SplatContent], list[str]]
"""Writes a file, and gives what it has no room for, in a few words each."""


@dataclass(frozen=True)
class SplatForm:
    """A form of files of splats.

    Attributes:
        name: what it is called in commands.
        title: what it is, in a few words.
        suffixes: of its files.
        detect: whether a file with one of the suffixes is it, of its first bytes and its place; raises nothing but what
            a damaged file brings about.
        read: reads a file.
        write: writes a file; None where this program doesn't.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    detect: Callable[[Path, bytes], bool]
    read: Callable[[Path], SplatContent]
    write: Write | None = None


def _is_inria(path: Path, start: bytes) -> bool:
    if not is_ply(start):
        return False
    header = read_header(path, start)
    return bool(header.elements) and not inria_ply.lacking_of(header.elements[0])


def _is_compressed(path: Path, start: bytes) -> bool:
    return is_ply(start) and compressed_ply.is_compressed(read_header(path, start))


_ALL = (
    SplatForm(
        "compressed.ply", "PlayCanvas's compressed .ply", (".ply",), _is_compressed, compressed_ply.read_compressed
    ),
    SplatForm("ply", "a .ply of splats", (".ply",), _is_inria, inria_ply.read_inria, inria_ply.write_inria),
    SplatForm("spz", "Niantic's .spz", (".spz",), lambda _, start: spz.is_spz(start), spz.read_spz, spz.write_spz),
    SplatForm(
        "splat", "a .splat", (".splat",), lambda path, _: splat.looks_like_splat(path), splat.read_splat,
        splat.write_splat,
    ),
    SplatForm("sog", "PlayCanvas's SOG", (".sog", ".zip"), lambda path, _: sog.is_sog(path), sog.read_sog),
    SplatForm("sog-folder", "PlayCanvas's SOG", (".json",), lambda path, _: sog.is_sog_meta(path), sog.read_sog),
    SplatForm(
        "ksplat", "a .ksplat", (".ksplat",), lambda _, start: ksplat.looks_like_ksplat(start), ksplat.read_ksplat
    ),
    SplatForm(
        "glb", "glTF with splats", (".glb", ".gltf"), lambda path, _: gltf.has_splats(path), gltf.read_gltf_splats,
        gltf.write_gltf_splats,
    ),
)  # fmt: skip
FORMS: Mapping[str, SplatForm] = {form.name: form for form in _ALL}
WRITTEN: Mapping[str, str] = {form.name: form.suffixes[0] for form in _ALL if form.write is not None}
"""The forms that are written, and the suffix of their files."""
SUFFIXES = (".ply", ".spz", ".splat", ".sog", ".ksplat", ".glb", ".gltf")
"""Of files that may hold splats, whatever else is called so."""


def form_of(path: Path) -> SplatForm | None:
    """The form that a file is of, by its suffix and its content; None where it is none of splats.

    Raises:
        UserError: it can't be read.
    """
    require_file(path)
    suffix = path.suffix.lower()
    if not any(suffix in form.suffixes for form in _ALL):
        return None
    with reading(path), path.open("rb") as file:
        start = file.read(LONGEST_HEADER)
        return next((form for form in _ALL if suffix in form.suffixes and form.detect(path, start)), None)


def looks_like_splats(path: Path) -> bool:
    """Whether a file is one of splats, whole or damaged, by its name and first bytes: where none else is called so.

    Any `.ply` is, since what it holds instead is told when it is read.

    Raises:
        UserError: it can't be read.
    """
    suffix = path.suffix.lower()
    if suffix in (".ply", ".spz", ".splat", ".ksplat", ".sog") and path.is_file():
        with reading(path), path.open("rb") as file:
            return suffix != ".ply" or is_ply(file.read(LONGEST_HEADER))
    return suffix in (".json", ".glb", ".gltf", ".zip") and path.is_file() and form_of(path) is not None


def read_splats(path: Path) -> SplatContent:
    """The splats of a file, of whatever form, that can be drawn.

    Raises:
        UserError: none of these forms, damaged, or nothing in it can be drawn.
    """
    form = form_of(path)
    if form is None:
        raise UserError(_not_splats(path))
    with reading(path):
        content = form.read(path)
        splats, notes = sound(content.splats)
    if len(splats) == 0:
        raise UserError(f"{path}: of its {len(content.splats)} splats none has finite numbers")
    return SplatContent(splats, (*content.notes, *notes), content.axes_unsaid)


def _not_splats(path: Path) -> str:
    """What a file is that holds no splats, in one line."""
    with path.open("rb") as file:
        start = file.read(LONGEST_HEADER)
    if path.suffix.lower() == ".ply" and is_ply(start):
        with reading(path):
            header = read_header(path, start)
        lacking = inria_ply.lacking_of(header.elements[0]) if header.elements else list(inria_ply.NEEDED)
        return f"{path}: {inria_ply.described(header)}, not Gaussian splats: it has no {lacking[0]}"
    return f"{path}: is no file of Gaussian splats; they are in {', '.join(SUFFIXES)}, and meta.json of SOG"


def write_splats(path: Path, content: SplatContent, name: str) -> tuple[str, ...]:
    """Writes splats, whole or not at all, and tells what the form has no room for: one line, or none.

    Args:
        name: the form's, of `FORMS`.

    Raises:
        UserError: the form isn't written, its files have other suffixes, or the place can't be written.
    """
    form = FORMS[name]
    if form.write is None:
        raise UserError(f"{path}: {form.title} is only read; written are {', '.join(WRITTEN)}")
    if path.suffix.lower() not in form.suffixes:
        raise UserError(f"{path}: {form.title} is written as {' or '.join(form.suffixes)}")
    with replacing(path) as temporary, concerning(path):
        lost = form.write(temporary, content)
    return (f"{path}: {form.title} can't keep {'; '.join(lost)}",) if lost else ()
