"""What the authors' YAML files say of a network: what its tensors can't tell, and how it is drawn.

A file may name another one that it inherits from; paths in it count from the folder that the authors' code was run in,
which holds `configs/`. What none says is as in their `configs/default.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, get_args

import yaml

from engines.core.config import read_yaml
from engines.core.data.images import files_with
from engines.core.errors import UserError
from engines.core.reading import naming, quoted, shortened
from engines.dvr.config import DvrConfig, Encoder

DEFAULT_FILE = "default.yaml"
DEFAULTS: Mapping[str, Any] = {
    "method": "dvr",
    "data": {
        "dim": 3,
        "depth_range": [0, 2.4],
        "img_folder_input": "img_choy2016",
        "img_size_input": 224,
    },
    "model": {
        "decoder": "simple",
        "encoder": "resnet18",
        "decoder_kwargs": {},
        "encoder_kwargs": {},
        "depth_function_kwargs": {},
        "c_dim": 256,
    },
    "test": {"threshold": 0.5},
    "rendering": {"ray_sampling_accuracy": [1024, 1025], "background": "white"},
}
"""What of their defaults concerns drawing."""
SUFFIXES = (".yaml", ".yml")
MOST_BESIDE = 100
"""YAML files of a folder that are looked into."""
MOST_INHERITED = 20
DECODER = {"dim": "dim", "n_dim": "dim", "hidden_size": "hidden_size", "n_blocks": "n_blocks", "leaky": "leaky",
           "out_dim": "out_dim"}  # fmt: skip
"""`decoder_kwargs` by the fields of ours."""
DECODER_DEFAULTS = {"hidden_size": 512, "n_blocks": 5, "leaky": False, "out_dim": 4}
ENCODER_DEFAULTS = {"normalize": True, "use_linear": True}
OF_RAYS = {"tau": "tau", "n_secant_steps": "secant_steps"}
"""`depth_function_kwargs` by the fields of ours."""
NAMES = {
    "threshold": "test.threshold",
    "ray_samples": "rendering.ray_sampling_accuracy",
    "depth_range": "data.depth_range",
    "img_size_input": "data.img_size_input",
    "img_folder_input": "data.img_folder_input",
    "tau": "model.depth_function_kwargs.tau",
    "secant_steps": "model.depth_function_kwargs.n_secant_steps",
    "c_dim": "model.c_dim",
    "leaky": "model.decoder_kwargs.leaky",
    "normalize": "model.encoder_kwargs.normalize",
    "use_linear": "model.encoder_kwargs.use_linear",
}
"""Where the fields of ours stand in their files."""
NOT_OBEYED = {"method": "secant", "check_cube_intersection": True}
"""`depth_function_kwargs` that are drawn so, whatever the file says."""


@dataclass(frozen=True)
class Said:
    """What a file says.

    Attributes:
        path: the file.
        values: fields of `DvrConfig`, and what they are.
        notes: in plain words, what is drawn otherwise.
    """

    path: Path
    values: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def find_beside(checkpoint: Path) -> tuple[Path | None, str]:
    """The YAML that goes with a checkpoint in the same folder; and what to say where it can't be told which.

    It is named as the checkpoint is, or `config.yaml`, or names the checkpoint as its model file, or is the only one.
    """
    try:
        names = sorted(files_with(checkpoint.parent, SUFFIXES))[:MOST_BESIDE]
    except OSError:
        return None, ""
    for stem in (checkpoint.stem, "config"):
        for name in (stem + suffix for suffix in SUFFIXES):
            if name in names and _is_theirs(checkpoint.parent / name, strict=True):
                return checkpoint.parent / name, ""
    theirs = [checkpoint.parent / name for name in names if _is_theirs(checkpoint.parent / name, strict=False)]
    naming_it = [path for path in theirs if _model_file(path) == checkpoint.name]
    for found in (naming_it, theirs):
        if len(found) == 1:
            return found[0], ""
    if not theirs:
        return None, ""
    told = naming([path.name for path in theirs])
    return None, (
        f"which of the YAML files beside it ({told}) is its own can't be told, and none is read: name one by --config "
        "FILE"
    )


def _is_theirs(path: Path, strict: bool) -> bool:
    """Whether it has sections of their options; of those that can't be read not, unless `strict`.

    Raises:
        UserError: it can't be read.
    """
    try:
        content = read_yaml(path)
    except UserError:
        if strict:
            raise
        return False
    sections = ("data", "model", "training", "test", "generation", "rendering")
    return "inherit_from" in content or any(isinstance(content.get(name), Mapping) for name in sections)


def _model_file(path: Path) -> str:
    """The last part of the path or address of the weights that a file names."""
    test = read_yaml(path).get("test")
    named = test.get("model_file") if isinstance(test, Mapping) else None
    return PurePosixPath(str(named)).name if named else ""


def read_said(path: Path) -> Said:
    """What a file says, with those that it inherits from.

    Raises:
        UserError: one is missing, inherits from itself, or says what no network of theirs can be.
    """
    whole = _merged(path)
    model, data = _section(whole, "model", path), _section(whole, "data", path)
    if whole.get("method") != "dvr":
        raise UserError(f"{path}: method={quoted(whole.get('method'))} is another method than dvr")
    if model["decoder"] != "simple":
        raise UserError(f"{path}: model.decoder={quoted(model['decoder'])} isn't known here; the authors have simple")
    encoder = model["encoder"]
    if encoder is not None and encoder not in get_args(Encoder):
        raise UserError(
            f"{path}: model.encoder={quoted(encoder)} isn't known here; the authors have {', '.join(get_args(Encoder))}"
        )
    if data["dim"] != 3:
        raise UserError(f"{path}: data.dim={quoted(data['dim'])}: only fields of three dimensions can be drawn")
    values = {"encoder": encoder, "c_dim": model["c_dim"]}
    values |= _keywords(path, model, "decoder_kwargs", DECODER, DECODER_DEFAULTS)
    if encoder not in (None, "idx", "simple_conv"):
        names = {name: name for name in ENCODER_DEFAULTS}
        values |= _keywords(path, model, "encoder_kwargs", names, ENCODER_DEFAULTS)
    drawn, notes = _drawing(path, whole, model, data)
    return Said(path, values | drawn, notes)


def _drawing(
    path: Path, whole: Mapping[str, Any], model: Mapping[str, Any], data: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What concerns drawing, and what is drawn otherwise."""
    rendering, test = _section(whole, "rendering", path), _section(whole, "test", path)
    rays = _section(model, "depth_function_kwargs", path)
    samples = rendering["ray_sampling_accuracy"]
    values = {
        "threshold": test["threshold"],
        # Theirs draws a number of the range by chance; mostly it has one only.
        "ray_samples": samples[0] if isinstance(samples, list) and samples else samples,
        "background": "white" if rendering["background"] == "white" else "black",
        "depth_range": data["depth_range"],
        "img_size_input": data["img_size_input"],
        "img_folder_input": data["img_folder_input"],
        **{field: rays[name] for name, field in OF_RAYS.items() if name in rays},
    }
    notes = [
        f"{path.name}: depth_function_kwargs.{name}={quoted(rays[name])} is not obeyed; drawn as with {quoted(usual)}"
        for name, usual in NOT_OBEYED.items()
        if rays.get(name, usual) != usual
    ]
    if values.get("secant_steps") == 0:
        # None at all leaves the surface beside where it is, which nobody wants to look at.
        values["secant_steps"] = 1
        notes.append(f"{path.name}: depth_function_kwargs.n_secant_steps=0 is drawn as with 1")
    if values["background"] != "white":
        notes.append(
            f"{path.name}: rendering.background={quoted(rendering['background'])} is drawn as it says; the authors' "
            "code draws white all the same"
        )
    return values, tuple(notes)


def _keywords(
    path: Path, model: Mapping[str, Any], name: str, fields: Mapping[str, str], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """What is handed to a network, by the fields of ours.

    Raises:
        UserError: it doesn't take that.
    """
    given = _section(model, name, path)
    if strange := [key for key in given if key not in fields]:
        raise UserError(
            f"{path}: model.{name} has {shortened(strange[0])}, which isn't known here; there are {', '.join(fields)}"
        )
    return {**defaults, **{fields[key]: value for key, value in given.items()}}


def _section(whole: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    found = whole[name]
    if not isinstance(found, Mapping):
        raise UserError(f"{path}: {name}={quoted(found)} must be a mapping of KEY: VALUE")
    return found


def _merged(path: Path) -> dict[str, Any]:
    """A file over those that it inherits from, over the authors' defaults.

    Raises:
        UserError: one is missing, or inherits from itself.
    """
    chain, seen, at = list[dict[str, Any]](), list[Path](), path
    while True:
        seen.append(at.resolve())
        content = read_yaml(at)
        chain.append(content)
        named = content.get("inherit_from")
        if named is None:
            break
        found = _inherited(at, named)
        if found is None:
            break
        at = found
        if at.resolve() in seen or len(seen) > MOST_INHERITED:
            raise UserError(f"{path}: inherits from itself ({' -> '.join(place.name for place in (*seen, at))})")
    merged = dict[str, Any]()
    for content in (DEFAULTS, *reversed(chain)):
        merged = _over(merged, content)
    return merged


def _inherited(path: Path, named: object) -> Path | None:
    """The file that another one inherits from; None for the authors' defaults, which are known.

    Raises:
        UserError: it isn't there.
    """
    if not isinstance(named, str) or not named:
        raise UserError(f"{path}: inherit_from={quoted(named)} must be the path of a YAML file")
    own = PurePosixPath(named.replace("\\", "/"))
    folder = path.absolute().parent
    places = [parent / own for parent in (folder, *folder.parents)]
    # Also without its folders, as one who fetched two files may have them.
    beside = folder / own.name
    if beside.resolve() != path.resolve():
        places.append(beside)
    if found := next((place for place in places if place.is_file()), None):
        return found
    if own.name == DEFAULT_FILE:
        return None
    raise UserError(
        f"{path}: inherits from {shortened(named, 300)}, which is neither beside it nor in a folder above; put it there"
    )


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, section by section."""
    merged = dict(below)
    for name, value in above.items():
        lower = merged.get(name)
        merged[name] = _over(lower, value) if isinstance(value, Mapping) and isinstance(lower, Mapping) else value
    return merged


def disagreement(said: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """What a file says otherwise than the tensors, in plain words; "" where they agree."""
    # The authors' class of that name builds a ResNet-50.
    same = {"resnet101": "resnet50"}
    apart = [
        f"{name}={quoted(said.get(name))} (the weights have {quoted(value)})"
        for name, value in told.items()
        if name in said and same.get(said[name], said[name]) != value
    ]
    return ", ".join(apart)


def authors_text(config: DvrConfig, weights: str) -> str:
    """The YAML with which the authors' code builds the network and draws it.

    Args:
        weights: name of the file of weights, which lies beside it.
    """
    decoder = {name: getattr(config, name) for name in DECODER_DEFAULTS}
    residual = config.encoder not in (None, "idx", "simple_conv")
    encoder = {name: getattr(config, name) for name in ENCODER_DEFAULTS} if residual else {}
    content = {
        "method": "dvr",
        "data": {
            "dim": config.dim,
            "input_type": {None: None, "idx": "idx"}.get(config.encoder, "image"),
            "depth_range": list(config.depth_range),
            "img_folder_input": config.img_folder_input,
            "img_size_input": config.img_size_input,
        },
        "model": {
            "decoder": "simple",
            "encoder": config.encoder,
            "decoder_kwargs": decoder,
            "encoder_kwargs": encoder,
            "depth_function_kwargs": {name: getattr(config, field) for name, field in OF_RAYS.items()},
            "c_dim": config.c_dim,
        },
        # The folder that the model file is looked for in.
        "training": {"out_dir": "."},
        "test": {"threshold": config.threshold, "model_file": weights},
        "rendering": {
            "background": config.background,
            "ray_sampling_accuracy": [config.ray_samples, config.ray_samples + 1],
        },
    }
    text: str = yaml.safe_dump(content, sort_keys=False)
    return text
