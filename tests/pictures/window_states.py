"""States of the window with a scene, and how each is reached from the one before."""

from __future__ import annotations

import numpy as np
import trimesh

from app.gui.panel.panel_parts import Slider
from app.gui.qt import QComboBox, QMenu, QPoint, Qt, present
from tests.app.gui.fake_scene import BALLS
from tests.app.recorded import RecordedScene
from tests.pictures.stage import HOME, SCENE, Reach, Shot, Stage, Walk
from tests.qt_test import QTest


def start(hand: Stage) -> Shot:
    """As the window opens."""
    return None


def press(*keys: str) -> Reach:
    """Presses keys, one after the other."""

    def reach(hand: Stage) -> Shot:
        for key in keys:
            hand.press(key)
        return None

    return reach


def with_photographs(hand: Stage) -> Shot:
    """Opens the balls and their photographs."""
    hand.open_with_photographs()
    return None


def other_colours(hand: Stage) -> Shot:
    """Locks the range, and chooses the next colour map."""
    hand.press("L")
    hand.press("Down", hand.window.channels.colours)
    return None


def another_instance(hand: Stage) -> Shot:
    """Chooses the third object, blended with the second."""
    hand.open()
    lists = hand.window.controls.findChildren(QComboBox)
    for down in range(2):
        hand.press("Down", lists[0])
        if down == 0:
            hand.press("Down", lists[1])
    slider = hand.window.controls.findChildren(Slider)[0]
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(4 * slider.width() // 5, slider.height() // 2))
    hand.settle()
    return None


def a_moment(hand: Stage) -> Shot:
    """Goes two frames on in a recording, which get ready."""
    hand.shelf.scenes["recorded.pth"] = RecordedScene
    hand.press("Ctrl+Alt+3")
    hand.open(HOME / "scenes" / "recorded.pth")
    hand.press("J")
    hand.press("J")
    timeline = hand.window.session.timeline
    hand.wait(lambda: timeline.making is None and timeline.is_ready(2))
    hand.window.playing.show()
    return None


def hovered(hand: Stage) -> Shot:
    """Has the mouse on a training camera until its photograph is there."""
    hand.press("R")
    hand.point_at(475, 37)
    hand.wait(lambda: hand.window.looking.overlays.frustums.tip.picture.pixmap() is not None)
    return None


def look_around(hand: Stage) -> Shot:
    """Flies: drags to look around, among the training cameras."""
    hand.press("V")
    hand.drag((-90, -40))
    return None


def with_mesh(hand: Stage) -> Shot:
    """Opens the balls as a mesh, and one ball more."""
    hand.open()
    parts = []
    for centre, radius, colour in (*BALLS, ((0.3, 0.75, 0.5), 0.2, (0.1, 0.8, 0.3))):
        ball = trimesh.creation.icosphere(subdivisions=3, radius=radius)
        ball.apply_translation(centre)
        ball.visual.vertex_colors = np.tile([*(round(255 * c) for c in colour), 255], (len(ball.vertices), 1))
        parts.append(ball)
    trimesh.util.concatenate(parts).export("balls.ply")
    hand.window.meshes.open(hand.folder / "balls.ply")
    hand.wait(hand.window.commands["show_mesh"].isEnabled)
    return None


def with_timeline(hand: Stage) -> Shot:
    """Opens the timeline, and makes keys of two turns: a near one, seen from where the scene begins."""
    hand.open()
    hand.press("F7")
    for _ in range(9):
        hand.press("+")
    hand.settle()
    hand.press("Ctrl+Alt+T")
    hand.settle()
    hand.press("R")
    hand.settle()
    return None


def with_a_key_moved(hand: Stage) -> Shot:
    """Selects the third key, lets its leg ease, deletes the next one, and ends the loop."""
    strip = hand.window.paths.bar.strip
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.place_of(3))
    hand.press("Del")
    hand.press("Ctrl+L")
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.place_of(2))
    hand.press("Down", hand.window.paths.bar.properties.fields["ease"])
    hand.press("R")
    hand.settle()
    return None


def recent(hand: Stage) -> Shot:
    """Opens the File menu, and in it the list of recent scenes."""
    for name in ("toys.safetensors", "balls.pth"):
        hand.shelf.scenes.setdefault(name, hand.shelf.scenes[SCENE.name])
        hand.open(HOME / "scenes" / name)
    hand.press("Ctrl+W")
    bar = hand.window.menuBar()
    bar.setActiveAction(bar.actions()[0])
    menu = present(bar.actions()[0].menu())
    for _ in range(3):
        hand.press("Down", menu)
    hand.press("Right", menu)
    return None


def recent_scenes(hand: Stage) -> Shot:
    """Leaves the menus: the start page lists the same."""
    for _ in range(3):
        if (menu := hand.window.findChild(QMenu, options=Qt.FindChildOption.FindChildrenRecursively)) is not None:
            hand.press("Esc", menu)
    for menu in hand.window.findChildren(QMenu):
        menu.close()
    return None


def damaged(hand: Stage) -> Shot:
    """Opens a file that is none."""
    hand.open()
    hand.window.files.open(HOME / "scenes" / "broken.pth")
    hand.wait(hand.window.banner.isVisible)
    return None


def data_gone(hand: Stage) -> Shot:
    """Opens a scene whose data folder is not there."""
    hand.window.files.open_with(SCENE, HOME / "unplugged" / "photographs")
    hand.wait(hand.window.banner.button.isVisible)
    return None


LOOKING = {
    "channels": Walk(
        {
            "start_page": start,
            "scene": with_photographs,
            "depth": press("2"),
            "depth_locked": other_colours,
            "normals": press("3"),
            "opacity": press("4"),
            "error": press("N"),
        }
    ),
    "colour_bar": Walk(
        {
            "colour_bar": lambda hand: with_photographs(hand) or press("Shift+C", "2")(hand),
            "colour_bar_inverted": press("4", "Shift+N"),
        }
    ),
    "controls": Walk({"instance": another_instance}),
    "time": Walk({"moment": a_moment}),
    "comparison": Walk(
        {
            "compare_wipe": lambda hand: with_photographs(hand) or press("]", "Y")(hand),
            "compare_blend": press("Shift+Y"),
            "compare_photograph": press("P"),
        }
    ),
    "cameras": Walk(
        {
            "overlays": lambda hand: with_photographs(hand) or press("C", "B", "X", "H")(hand),
            "camera_hovered": hovered,
            "fly": look_around,
        }
    ),
    "mesh": Walk(
        {
            "mesh": with_mesh,
            "mesh_wireframe": press("Ctrl+4"),
            "mesh_shaded_beside": press("Ctrl+2", "Ctrl+7"),
            "mesh_normals_wipe": press("Ctrl+3", "Ctrl+6"),
        }
    ),
    "timeline": Walk({"timeline": with_timeline, "timeline_key": with_a_key_moved}),
    "menus": Walk({"recent_menu": recent, "start_page_recent": recent_scenes}),
    "banner": Walk({"error_banner": damaged, "warning_banner": data_gone}),
    "dark": Walk(
        {
            "dark_start_page": press("Ctrl+Alt+D"),
            "dark_depth": lambda hand: with_photographs(hand) or press("2")(hand),
            "dark_timeline": with_timeline,
        }
    ),
    "small": Walk({"small_window": lambda hand: with_photographs(hand) or press("F8")(hand)}, (1024, 700)),
    "large": Walk({"large_window": lambda hand: with_photographs(hand) or press("2", "F8")(hand)}, (1920, 1080)),
}
