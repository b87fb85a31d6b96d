"""The conformance check names what is wrong in what a scene says of itself, and in its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engines.core.data.dataset import Dataset
from tests.app.conformance.breaking import BEFORE_RENDER, Changes, Wrong, assert_said, member, tried

CHANNELS = '("rgb", "depth", "opacity")'
CONTROLS = "controls: tuple[Control, ...] = ()"
OPACITY = '{"opacity": opacity[..., 0]}'
BOUNDS = "self.start, self.cameras = info.bounds, info.up"
FRAME = "render gives what its channels name"
KEPT = "train gives scenes that stay as they are"
SHOWN = "controls are such as can be shown"
BESIDES = "render has the abilities of its scene"
PREPARES = """    room = 1
    prepared = lambda self, camera, controls: True
    prepare = lambda self, camera, controls, stop: None
    cache_key = lambda self, camera, controls: object()
    placeholder = lambda self, camera, controls: self.render(camera, controls, lambda: False)
"""


def channel(name: str, values: str) -> Changes:
    """The third channel otherwise."""
    return [(CHANNELS, f'("rgb", "depth", "{name}")'), (OPACITY, f'{{"{name}": {values}}}')]


def controls(*arguments: str) -> Changes:
    """Controls made of these arguments, of which none is looked at."""
    made = "".join(f"Control({each}), " for each in arguments)
    return [(CONTROLS, f"controls = ({made})")]


def ability(source: str) -> Changes:
    """A member of the scene more."""
    return [member(source, BEFORE_RENDER)]


def gaussians(opacities: str, numbers: str = "[0, 1, 2, 3]") -> str:
    """Members of a scene of four small Gaussians about the origin, which it doesn't draw."""
    module, np = "__import__('engines.core.scene_abilities').core.scene_abilities", "__import__('numpy')"
    rules = "4, 0, 0.01, 0.3, False, 0.0, 0.15, 1 / 255, 0.99"
    zeros = "np.zeros((4, 3), np.float32), np.full((4, 3, 3), 0.1, np.float32)"
    values = f"{zeros}, {opacities}, np.ones((4, 1, 3), np.float32)"
    return (f"    splatting = property(lambda self: {module}.Splatting({rules}))\n"
            f"    gaussians = lambda self, *_: (lambda np: {module}.GaussianValues({values}))({np})\n"
            f"    near_to_far = lambda self, *_: {np}.array({numbers}, {np}.uint32)\n")  # fmt: skip


def primitives(arrays: str) -> str:
    """Members of a scene of four primitives, which it draws whatever is left out."""
    made = "__import__('engines.core.scene_abilities').core.scene_abilities.Primitives"
    return (f"    primitives = lambda self: (lambda np: {made}({arrays}))(__import__('numpy'))\n"
            "    without = lambda self, removed, tinted: self\n")  # fmt: skip


def advising(sources: str, advice: str) -> Changes:
    """A scene that tells what a picture is made of."""
    return ability(f"    sources = lambda self, camera, controls: {sources}\n"
                   f"    advice = lambda self, camera, controls: {advice}\n")  # fmt: skip


def choosing(views: str, chosen: str) -> Changes:
    """A scene of photographs to choose from."""
    return ability("    sources_option, least_sources = 'views', 1\n"
                   f"    source_views = lambda self, controls: {views}\n"
                   f"    chosen_sources = lambda self, controls: {chosen}\n"
                   "    made_of = lambda self, numbers: self\n")  # fmt: skip


def pixels(drawn: str, stop: str = "stop") -> Changes:
    """A scene that draws single pixels; `drawn` are they, of the picture's `image` [N, 3] and `depth` [N]."""
    source = f"""
    draws_pixels = True
    def draw_pixels(self, camera, controls, pixels, stop):
        frame = self.render(camera, controls, {stop})
        image, depth, extra = frame.image.view(-1, 3), frame.depth.view(-1), frame.extra["opacity"].view(-1)
        return {drawn}
    def frame_of(self, camera, samples):
        width, height = camera.size_px
        extra = {{"opacity": samples.extra["opacity"].view(height, width)}}
        return Frame(samples.image.view(height, width, 3), samples.depth.view(height, width), extra)
"""
    imported = "\nfrom engines.core.frame import Frame\n"
    return [*ability(source), (imported, imported.replace("Frame\n", "Frame, Samples\n"))]


WRONG: dict[str, Wrong] = {
    "a depth of 0 where nothing is hit": (
        [("torch.where(opacity > 0.5, depth, torch.inf)", "torch.where(opacity > 0.5, depth, 0.0)")],
        FRAME,
        "of 0 or less among its 576 values; what is hit lies before the camera, and where nothing is hit use +inf",
    ),
    "an opacity beyond 1": (
        channel("alpha", "opacity[..., 0] + 1"), FRAME, "the frame's extra['alpha'] goes from 1",
    ),
    "an opacity of another shape": (
        channel("alpha", "opacity"), FRAME, "is [24, 24, 1]; how opaque a pixel is is one number: [H, W]",
    ),
    "a backdrop that nothing is seen of": (
        [(OPACITY + ")", OPACITY + ", (1.0, 1.0, 1.0))")], FRAME,
        "the frame has a backdrop, and channels does not name 'alpha': nothing is seen of it",
    ),
    "a backdrop that is no colour": (
        [(CHANNELS, '("rgb", "depth", "alpha")'), (OPACITY + ")", '{"alpha": opacity[..., 0]}, (255, 255, 255))')],
        FRAME,
        "the frame's backdrop is (255, 255, 255); it must be a tuple of three floats in [0, 1], or None",
    ),
    "directions of another length": (
        channel("normals", "9 * colour"), FRAME, "directions have length 1, or 0 where nothing is",
    ),
    "colours of another range": (
        channel("albedo", "255 * colour"), FRAME, "the frame's extra['albedo'] goes from",
    ),
    "channels in another order": (
        [(CHANNELS, '("rgb", "opacity", "depth")')],
        KEPT,
        'it must be a tuple of different texts: "rgb", then "depth" where there is one, then others',
    ),
    "corners in place of middles": (
        [("in pixel_rays(camera))", "in pixel_rays(__import__('dataclasses').replace(camera, centre_px=tuple(\n"
          "            each + 0.5 for each in camera.centre_px))))")],
        "render samples pixels in their middles, or as its authors do",
        "is shifted where it is drawn in another size: the pixel in column u and row v is sampled at (u + 0.5, ",
    ),
    "bounds elsewhere": (
        [(BOUNDS, BOUNDS.replace("info.bounds", "info.bounds + 100"))],
        "bounds are where its cameras look",
        "its bounds lie where its start camera sees nothing of them: (",
    ),
    "bounds without a size": (
        [(BOUNDS, BOUNDS.replace("info.bounds", "info.bounds[:1].repeat(2, 0)"))],
        "bounds are where its cameras look",
        "its bounds have no size along x",
    ),
    "a control of another kind": (
        controls('"gain", "Gain", "slider", 0, 2, 1'), KEPT, "each of kind number, integer, choice or time",
    ),
    "two controls of one name": (
        controls('"gain", "Gain", "number", 0, 2, 1', '"gain", "More", "number", 0, 2, 1'),
        KEPT,
        "it must be a tuple of Control of different names",
    ),
    "a default beyond the range": (
        controls('"gain", "Gain", "number", 0, 2, 3'), KEPT, "with finite low <= default <= high",
    ),
    "another count of choices": (
        controls('"tone", "Tone", "choice", 0, 2, 0, ("warm", "cold")'), KEPT, "and a choice for each number",
    ),
    "an integer of a half": (
        controls('"plane", "Plane", "integer", 0, 2.5, 1'), SHOWN, "control plane, of kind integer, goes from 0 to 2.5",
    ),
    "a choice of nothing": (
        controls('"tone", "Tone", "choice", 0, 1, 0'), SHOWN, "has 0 choices; a choice has some, other kinds none",
    ),
    "objects that are numbers": (
        controls('"instance", "Object", "integer", 0, 1, 0'), SHOWN, "the program knows; it must be of kind choice",
    ),
    "time steps from 1": (
        controls('"time", "Frame", "time", 1, 4, 1'), SHOWN, "begins at 1; time steps and choices are counted from 0",
    ),
    "a time that no bar plays": (
        controls('"frame", "Time step", "time", 0, 4, 0'), SHOWN, 'is not called TIME ("time"), and no bar plays it',
    ),
    "a blend in percent": (
        controls('"blend", "Blend", "number", 0, 100, 0'), SHOWN, "goes from 0 to 100; the program blends from 0 to 1",
    ),
    "a control without a label": (
        controls('"gain", "", "number", 0, 2, 1'), SHOWN, "its control gain, of kind number, has no label",
    ),
    "a control that does nothing": (
        controls('"gain", "Gain", "number", 0, 2, 1'),
        "render draws all that its controls allow",
        "its control gain does nothing: render never looks at controls['gain']",
    ),
    "sources of another kind": (
        advising("[camera]", "''"),
        BESIDES,
        "sources() of a picture that was drawn must give a tuple of Camera, one at least",
    ),
    "advice of another kind": (
        advising("(camera,)", "None"),
        BESIDES,
        "advice() gives NoneType; it must give str",
    ),
    "photographs that are not there": (
        choosing("[]", "(0,)"),
        BESIDES,
        "chosen_sources() gives (0,); it must be a tuple of 1 or more numbers of its 0 source_views()",
    ),
    "photographs that can't be chosen": (
        choosing("[None, None]", "(0, 1)"),
        BESIDES,
        "made_of((1,)) gives a scene whose chosen_sources() are (0, 1)",
    ),
    "pixels in another order": (
        pixels("Samples(image[pixels.sort().values], depth[pixels], {'opacity': extra[pixels]})"),
        BESIDES,
        "frame_of() what draw_pixels() gives in 3 parts has another rgb than render() by up to ",
    ),
    "pixels that depend on others": (
        pixels("Samples(image[pixels], depth[pixels], {'opacity': extra[pixels] / extra[pixels].max()})"),
        BESIDES,
        "another opacity than render() by up to ",
    ),
    "pixels of another count": (
        pixels("Samples(image, depth, {'opacity': extra})"),
        BESIDES,
        "the image from draw_pixels is [576, 3] of torch.float32; it must be [192, 3] of float32",
    ),
    "pixels that nobody wants any more": (
        pixels("Samples(image[pixels], depth[pixels], {'opacity': extra[pixels]})", stop="lambda: False"),
        BESIDES,
        "stop() said so, and draw_pixels() draws on; it must raise Cancelled",
    ),
    "half the ability to draw pixels": (
        ability("    draws_pixels = True\n"), KEPT, "draw_pixels must stand beside draws_pixels",
    ),
    "points without colours": (
        ability("    points = lambda self, controls: {'points': self.bounds}\n"),
        BESIDES,
        "points() gives points [2, 3] and colours [0]; both are [N, 3]",
    ),
    "primitives of another shape": (
        ability(primitives("np.zeros((4, 3), np.float32), np.ones((4, 1), np.float32), np.ones(4, np.float32)")),
        BESIDES,
        "primitives() gives opacities [4, 1]; they must be [4] of float32",
    ),
    "opacities above 1": (
        ability(primitives("np.zeros((4, 3), np.float32), np.full(4, 2, np.float32), np.ones(4, np.float32)")),
        BESIDES,
        "primitives() gives opacities that are not in [0, 1]",
    ),
    "primitives that are never left out": (
        ability(primitives("np.zeros((4, 3), np.float32), np.ones(4, np.float32), np.ones(4, np.float32)")),
        BESIDES,
        "without() draws the same picture where half of its 4 primitives are left out",
    ),
    "Gaussians of another shape": (
        ability(gaussians("np.ones((4, 3), np.float32)")),
        BESIDES,
        "gaussians() gives opacities [4, 3]; they must be [4] of float32",
    ),
    "Gaussians in an order of more than there are": (
        ability(gaussians("np.ones(4, np.float32)", "[0, 1, 2, 4]")),
        BESIDES,
        "near_to_far() gives numbers twice, or some that none of its 4 has",
    ),
    "Gaussians that it doesn't draw": (
        ability(gaussians("np.ones(4, np.float32)")),
        BESIDES,
        "its Gaussians, drawn as it says in their order, have another image than render() by ",
    ),
    "half of what Gaussians are drawn by": (
        ability("    near_to_far = lambda self, camera, exactly: None\n"),
        KEPT,
        "must stand beside ",
    ),
    "primitives that can't be left out": (
        ability("    primitives = lambda self: None\n"), KEPT, "without must stand beside primitives",
    ),
    "something before the near plane": (
        ability("    near = 100.0\n"), BESIDES, "near is 100, and it draws something at a depth of ",
    ),
    "no time steps": (
        [*controls('"time", "Time step", "time", 0, 4, 0'),
         *ability("    def time_steps(self, controls):\n        return 9\n")],
        BESIDES,
        "time_steps() gives 9; its control time has 5 at most",
    ),
    "needs that are never the same": (
        ability(PREPARES), BESIDES, "cache_key() gives other things for one and the same picture; they must be equal",
    ),
    "a size of another kind": (
        ability("    def trained_px(self, size_px):\n        return 24\n"),
        BESIDES,
        "trained_px() gives 24; it must be (width, height)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said(
    wrong: str, samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_said(WRONG[wrong], samples, tmp_path, monkeypatch)


GAIN = [
    *controls('"gain", "Gain", "number", 0.0, 2.0, 1.0'),
    ("return Frame(colour,", 'return Frame(colour * controls["gain"] / 2,'),
]


def test_a_control_as_the_page_shows_it_is_right(
    samples: Sequence[Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = tried(GAIN, samples, tmp_path, monkeypatch)
    assert [outcome.line for outcome in outcomes if outcome.state != "ok"] == []
    assert [outcome.text for outcome in outcomes if "controls allow" in outcome.line] == ["gain"]
