"""The authors' YAML: found, merged over what it inherits from, and refused in one line where it can't be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import cli
from engines import registry
from engines.core.errors import UserError
from engines.dvr.authors_options import find_beside, read_said
from tests.engines.dvr.test_upstream import CODED, SMALL, saved

SINGLE: dict[str, Any] = {"model": {"c_dim": 0, "encoder": None, "decoder_kwargs": SMALL}}


def write(path: Path, content: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path


def test_the_authors_own_are_read_as_their_code_merges_them(shared: Path) -> None:
    for name in ("dvr_rgb", "dvr_cond"):
        folder = shared / "golden" / "dvr" / name
        one, merged = (read_said(folder / file).values for file in ("config.yaml", "config_merged_with_default.yaml"))
        assert one == merged and one["hidden_size"] == 128 and one["threshold"] == 0.5


def test_defaults_stand_below_all(tmp_path: Path) -> None:
    values = read_said(write(tmp_path / "a.yaml", {})).values
    assert (values["encoder"], values["c_dim"], values["hidden_size"]) == ("resnet18", 256, 512)
    assert (values["ray_samples"], values["background"], values["depth_range"]) == (1024, "white", [0, 2.4])


def test_a_chain_is_found_where_their_code_was_run(tmp_path: Path) -> None:
    repository = tmp_path / "dvr"
    write(repository / "configs" / "default.yaml", {"rendering": {"background": "black"}})
    write(repository / "configs/multi/base.yaml", {"inherit_from": "configs/default.yaml", "model": {"c_dim": 64}})
    top = write(
        repository / "configs/multi/deep/top.yaml",
        {"inherit_from": "configs/multi/base.yaml", "model": {"decoder_kwargs": {"leaky": True}}},
    )
    values = read_said(top).values
    assert (values["background"], values["c_dim"], values["leaky"]) == ("black", 64, True)
    # Two files that were fetched into one folder.
    flat = write(tmp_path / "flat" / "top.yaml", {"inherit_from": "configs/multi/base.yaml"})
    write(tmp_path / "flat" / "base.yaml", {"model": {"c_dim": 32}})
    assert read_said(flat).values["c_dim"] == 32


def test_their_defaults_need_not_be_there(tmp_path: Path) -> None:
    assert read_said(write(tmp_path / "a.yaml", {"inherit_from": "configs/default.yaml"})).values["c_dim"] == 256


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.yaml": {"inherit_from": "configs/gone.yaml"}}, "inherits from configs/gone.yaml, which is neither"),
        ({"a.yaml": {"inherit_from": "a.yaml"}}, r"inherits from itself \(a.yaml -> a.yaml\)"),
        (
            {"a.yaml": {"inherit_from": "b.yaml"}, "b.yaml": {"inherit_from": "a.yaml"}},
            r"inherits from itself \(a.yaml -> b.yaml -> a.yaml\)",
        ),
        ({"a.yaml": {"inherit_from": ["b"]}}, "must be the path of a YAML file"),
        ({"a.yaml": {"model": {"encoder": "vit"}}}, "model.encoder='vit' isn't known here"),
        ({"a.yaml": {"model": {"decoder": "siren"}}}, "model.decoder='siren' isn't known here"),
        ({"a.yaml": {"model": {"decoder_kwargs": {"width": 3}}}}, "decoder_kwargs has width, which isn't known"),
        ({"a.yaml": {"model": {"encoder_kwargs": {"width": 3}}}}, "encoder_kwargs has width, which isn't known"),
        ({"a.yaml": {"model": [1]}}, "must be a mapping"),
        ({"a.yaml": {"model": {"decoder_kwargs": None}}}, "must be a mapping"),
        ({"a.yaml": {"data": {"dim": 2}}}, "only fields of three dimensions"),
        ({"a.yaml": {"method": "onet"}}, "another method"),
    ],
)
def test_what_can_not_be_is_one_line(tmp_path: Path, files: dict[str, Any], words: str) -> None:
    for name, content in files.items():
        write(tmp_path / name, content)
    with pytest.raises(UserError, match=words) as caught:
        read_said(tmp_path / "a.yaml")
    assert re.match(re.escape(str(tmp_path)), str(caught.value)) and "\n" not in str(caught.value)


def test_code_in_a_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("model: !!python/object/apply:os.system ['true']")
    with pytest.raises(UserError, match="not YAML"):
        read_said(tmp_path / "a.yaml")


def test_which_one_beside_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "ours-1.pt"
    assert find_beside(path) == (None, "")
    write(tmp_path / "notes.yml", {"groceries": ["milk"]})
    assert find_beside(path) == (None, "")
    only = write(tmp_path / "skull.yaml", SINGLE)
    assert find_beside(path) == (only, "")
    write(tmp_path / "other.yaml", SINGLE)
    found, note = find_beside(path)
    assert found is None and "skull.yaml" in note and "--config" in note
    naming = write(tmp_path / "pretrained.yaml", {"test": {"model_file": "https://example.org/models/ours-1.pt"}})
    assert find_beside(path) == (naming, "")
    for name in ("config.yaml", "ours-1.yaml"):
        own = write(tmp_path / name, SINGLE)
        assert find_beside(path) == (own, "")


def test_one_of_another_network_is_not_obeyed(tmp_path: Path) -> None:
    path = saved(tmp_path, {**SINGLE, "rendering": {"background": "black"}}, **SMALL)
    assert registry.read_checkpoint(path).config["background"] == "black"
    write(tmp_path / "config.yaml", {"model": {"c_dim": 0, "encoder": None}})
    checkpoint = registry.read_checkpoint(path)
    assert "background" not in checkpoint.config
    assert "hidden_size=512 (the weights have 8)" in checkpoint.notes[0]


def test_what_is_not_drawn_so_is_said(tmp_path: Path) -> None:
    rays = {"tau": 0.3, "n_secant_steps": 4, "method": "bisection"}
    model = {**SINGLE["model"], "depth_function_kwargs": rays}
    checkpoint = registry.read_checkpoint(saved(tmp_path, {"model": model}, **SMALL))
    assert (checkpoint.config["tau"], checkpoint.config["secant_steps"]) == (0.3, 4)
    assert any("method='bisection' is not obeyed" in note for note in checkpoint.notes)


def test_what_the_authors_code_takes_otherwise_is_said(tmp_path: Path) -> None:
    """Theirs makes no secant step where it is told 0, and draws a white background whatever it is told."""
    model = {**SINGLE["model"], "depth_function_kwargs": {"n_secant_steps": 0}}
    path = saved(tmp_path, {"model": model, "rendering": {"background": "black"}}, **SMALL)
    checkpoint = registry.read_checkpoint(path)
    assert (checkpoint.config["secant_steps"], checkpoint.config["background"]) == (1, "black")
    assert checkpoint.notes[-2:] == (
        "config.yaml: depth_function_kwargs.n_secant_steps=0 is drawn as with 1",
        "config.yaml: rendering.background='black' is drawn as it says; the authors' code draws white all the same",
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"test": {"threshold": 7}}, r"test\.threshold=7: must be less than 1"),
        ({"rendering": {"ray_sampling_accuracy": [0, 1]}}, r"rendering\.ray_sampling_accuracy=0: must be greater"),
        ({"data": {"depth_range": [2.4, 0]}}, r"data\.depth_range=\[2\.4, 0\]: must be two depths, the nearer first"),
        ({"data": {"depth_range": [2.4]}}, r"data\.depth_range\.1: field required"),
        (
            {"model": {**SINGLE["model"], "depth_function_kwargs": {"n_secant_steps": -1}}},
            r"model\.depth_function_kwargs\.n_secant_steps=-1: must be greater",
        ),
    ],
)
def test_a_value_that_can_not_be_names_the_file_and_its_place_there(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    path = saved(tmp_path, {**SINGLE, **changes}, **SMALL)
    with pytest.raises(UserError, match=rf"config\.yaml: {said}"):
        registry.read_checkpoint(path)


def test_the_authors_resnet101_is_a_resnet50(tmp_path: Path) -> None:
    said = {"model": {"c_dim": 5, "encoder": "resnet101", "decoder_kwargs": SMALL}}
    path = saved(tmp_path, said, **CODED, encoder="resnet50")
    assert registry.read_checkpoint(path).config["encoder"] == "resnet101"


def test_one_that_is_named_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, {**SINGLE, "rendering": {"background": "black"}}, **SMALL)
    named = write(tmp_path / "elsewhere" / "skull.yaml", {**SINGLE, "rendering": {"ray_sampling_accuracy": [32, 33]}})
    checkpoint = registry.read_checkpoint(path, named)
    assert (checkpoint.config["background"], checkpoint.config["ray_samples"]) == ("white", 32)
    # One of another network is refused then.
    other = write(tmp_path / "elsewhere" / "other.yaml", {"model": {"c_dim": 0, "encoder": None}})
    scene = tmp_path / "a.safetensors"
    assert cli.main(["convert", str(path), "--to", "scene", "--out", str(scene)]) == 0
    capsys.readouterr()
    wrong = {
        other: (path, "is of another network than model.pt: it says hidden_size=512"),
        named: (scene, "carries its options itself; leave --config out"),
        tmp_path / "gone.yaml": (path, "no such file"),
    }
    for configuration, (checkpoint_path, words) in wrong.items():
        assert cli.main(["info", str(checkpoint_path), "--config", str(configuration)]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert words in line and str(configuration) in line


def test_what_is_written_beside_weights_is_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = {
        "data": {"depth_range": [0, 1400]},
        "model": {**SINGLE["model"], "depth_function_kwargs": {"tau": 0.4}},
        "test": {"threshold": 0.2},
        "rendering": {"background": "black", "ray_sampling_accuracy": [64, 65]},
    }
    path = saved(tmp_path, said, **SMALL)
    out = tmp_path / "back" / "weights.pt"
    out.parent.mkdir()
    assert cli.main(["convert", str(path), "--to", "upstream", "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(out), str(out.with_suffix(".yaml"))]
    first, second = registry.read_checkpoint(path).config, registry.read_checkpoint(out).config
    assert {name: second[name] for name in first} == dict(first)
    # One that is there already is the user's.
    out.with_suffix(".yaml").write_text("# mine")
    assert cli.main(["convert", str(path), "--to", "upstream", "--out", str(out)]) == 0
    assert out.with_suffix(".yaml").read_text() == "# mine"
    assert "is there already and stays" in capsys.readouterr().err
