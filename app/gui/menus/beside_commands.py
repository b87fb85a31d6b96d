"""Commands of what is seen beside the scene's picture, and of what it is compared with: photographs, scenes, meshes."""

from __future__ import annotations

from typing import Any

from app.gui.menus.command import Command

VIEW, COMPARE, MESH, EVALUATION = "&View", "&View/C&ompare", "&View/&Mesh", "&View/&Evaluation"
CROP, BACKGROUND = "&View/Crop &box", "&View/Bac&kground"
MESH_STYLES = (
    ("colours", "Vertex &colours", "Draw the mesh in the colours of its vertices"),
    ("shaded", "&Shaded", "Draw the mesh grey, lit from the eye"),
    ("normals", "&Normals", "Draw the mesh in the colours of its normals"),
    ("wireframe", "&Wireframe", "Draw the edges of the mesh"),
)
MESH_LAYOUTS = (
    ("over", "&Over the picture", "Draw the mesh over the picture"),
    ("wipe", "W&ipe", "Mesh and picture, a line between"),
    ("side", "Side &by side", "Mesh beside the picture, under the same camera"),
)
COMPARED = (
    ("wipe", "&Wipe", "Both scenes, a line between that the mouse drags"),
    ("side", "&Side by side", "The second scene beside the first, under the same camera"),
    ("flicker", "&By turns", "Now one scene, now the other, in the same place"),
    ("difference", "&Difference", "Where the two scenes differ, with a scale"),
)


def _toggle(id: str, text: str, menu: str, key: str, tip: str, **more: Any) -> Command:
    return Command(id, text, menu, (key,), tip, checkable=True, **more)


CROP_COMMANDS = (
    _toggle(
        "crop", "&Crop to a box", CROP, "Shift+B", "Show what lies in a box alone; drag its handles", needs="depth"
    ),
    Command("crop_reset", "&Reset box", CROP, ("Ctrl+Shift+B",), "Make it the scene's bounding box again", "depth"),
    *(
        _toggle(
            f"background_{name}",
            text,
            BACKGROUND,
            f"Ctrl+Alt+Shift+{key}",
            "Behind scenes that have an opacity, and outside of the crop box",
            group="background",
        )
        for key, (name, text) in enumerate(
            {
                "scene": "&As the scene has it",
                "white": "&White",
                "black": "&Black",
                "checkerboard": "&Checkerboard",
                "own": "&Own colour…",
            }.items(),
            1,
        )
    ),
)
BESIDE_COMMANDS = (
    _toggle(
        "photograph",
        "&Photograph",
        VIEW,
        "P",
        "Show the photograph at a training view (or hold Space)",
        needs="photographs",
    ),
    _toggle("wipe", "&Wipe with the image", VIEW, "Y", "Image and picture, a line between", needs="photographs"),
    _toggle("blend", "&Blend with the image", VIEW, "Shift+Y", "The image over the picture", needs="photographs"),
    Command(
        "compare",
        "Compare with a sce&ne…",
        COMPARE,
        ("Ctrl+Alt+C",),
        "Open a second scene under the same camera",
        "scene",
    ),
    Command("compare_run", "Compare with a &run…", COMPARE, ("Ctrl+Alt+R",), "Open the folder of a run so", "scene"),
    Command("close_compared", "&Close the second", COMPARE, ("Ctrl+Alt+B",), "Take the second away", "second"),
    *(
        _toggle(
            f"compare_{name}", text, COMPARE, f"Alt+{key}", tip, needs="second", group="compare", separated=key == 1
        )
        for key, (name, text, tip) in enumerate(COMPARED, 1)
    ),
    Command("flip", "&Flip", COMPARE, ("Z",), "Show the other of the two scenes", "second", separated=True),
    _toggle("flicker_timer", "Flicker by &itself", COMPARE, "Shift+Z", "The two take turns", needs="second"),
    _toggle("show_mesh", "Show &mesh", MESH, "M", "Show or hide the mesh that is open", needs="mesh"),
    _toggle("mesh_depth", "&Depth test", MESH, "Shift+M", "Hide the mesh where the scene is nearer", needs="mesh"),
    *(
        _toggle(
            f"mesh_{name}",
            text,
            MESH,
            f"Ctrl+{key}",
            tip,
            needs="mesh",
            group="mesh_style",
            separated=name == "colours",
        )
        for key, (name, text, tip) in enumerate(MESH_STYLES, 1)
    ),
    *(
        _toggle(
            f"mesh_{name}", text, MESH, f"Ctrl+{key}", tip, needs="mesh", group="mesh_layout", separated=name == "over"
        )
        for key, (name, text, tip) in enumerate(MESH_LAYOUTS, 5)
    ),
    _toggle(
        "evaluation",
        "&Table of scores",
        EVALUATION,
        "F6",
        "Show or hide the table of all held-out views: PSNR, SSIM; a click goes there",
    ),
    Command(
        "evaluate", "&Evaluate", EVALUATION, ("Shift+F6",), "Score all views of a split, in the background", "scene"
    ),
    Command(
        "cancel_evaluation", "&Cancel", EVALUATION, ("Ctrl+Shift+F6",), "Stop the evaluation under way", "evaluation"
    ),
    Command(
        "save_report",
        "&Save report…",
        EVALUATION,
        ("Ctrl+F6",),
        "Write a page of scores, plots and pictures that is read without a network",
        "report",
    ),
)
