"""Every command of the window: what it is called, where it stands, its keys, and what it is for."""

from __future__ import annotations

from typing import Any

from app.gui.menus.beside_commands import BESIDE_COMMANDS, CROP_COMMANDS
from app.gui.menus.cleaning_commands import CLEANING_COMMANDS
from app.gui.menus.command import Command
from app.gui.menus.inspecting_commands import INSPECTING_COMMANDS
from app.gui.menus.motion_commands import MOTION_COMMANDS
from app.gui.menus.path_commands import BOOKMARK_COMMANDS, EDIT_COMMANDS, PATH_COMMANDS, TIMELINE_COMMAND
from app.gui.menus.project_commands import PROJECT_COMMANDS

# Sub-menus are written Menu/Sub-menu.
DEMOS = "&File/De&mo scenes"
FILE, VIEW, CHANNEL, OVERLAYS, THEME = "&File", "&View", "&View/&Channel", "&View/&Overlays", "&View/&Theme"
NAVIGATE, MODE, STEP, PLAY, HELP = "&Navigate", "&Navigate/&Mode", "&Navigate/&Step", "&Time", "&Help"
TRAINING = "T&raining"
LARGEST = "&View/Resol&ution"
LARGEST_PX = {0: "As the &window", 1024: "&1024 pixels", 512: "&512 pixels", 256: "&256 pixels"}
LARGEST_TIP = "The longer side of pictures, of methods that draw any size: half of it takes a quarter of the time"
LIVE = "&View/Draw &Gaussians with OpenGL"
LIVE_GAUSSIANS = {
    "automatic": ("A&utomatic", "Draw Gaussians by a graphics card while the camera moves, where one has OpenGL 3.3"),
    "always": ("Al&ways", "Draw Gaussians by OpenGL while the camera moves, even where the processor does its work"),
    "never": ("Ne&ver", "Re-project the last picture while the camera moves, and inpaint what it lacks"),
}
CHANNEL_COUNT = 4


def _toggle(id: str, text: str, menu: str, key: str, tip: str, **more: Any) -> Command:
    return Command(id, text, menu, (key,), tip, checkable=True, **more)


COMMANDS = (
    Command("open", "&Open…", FILE, ("Ctrl+O",), "Open a checkpoint or scene file", icon="open"),
    Command("open_run", "Open &run folder…", FILE, ("Ctrl+Shift+O",), "Open the folder of a training run"),
    Command(
        "data", "Choose &data folder…", FILE, ("Ctrl+D",), "Give the open scene its images and camera poses", "scene"
    ),
    Command(
        "input",
        "Input &photograph…",
        FILE,
        ("Ctrl+I",),
        "Make the scene of another photograph, or of a folder of photographs",
        "input",
    ),
    Command(
        "open_mesh", "Open mes&h…", FILE, ("Ctrl+M",), "Show a mesh with the open scene, under its cameras", "scene"
    ),
    Command("close_mesh", "Close m&esh", FILE, ("Ctrl+Shift+M",), "Take the mesh away", "mesh"),
    Command("reopen", "Open &last scene", FILE, ("Ctrl+Shift+T",), "Open the newest of the recent scenes"),
    Command("demo", "&Demo scene", DEMOS, ("Ctrl+Shift+D",), "Open the demo scene that is the fastest to draw"),
    Command(
        "clear_recent",
        "Clear recent &files",
        FILE,
        ("Ctrl+Shift+Del",),
        "Forget the recent scenes and input photographs",
    ),
    *PROJECT_COMMANDS,
    Command("close", "&Close scene", FILE, ("Ctrl+W",), "Close the open scene", "scene"),
    Command(
        "screenshot",
        "&Save screenshot…",
        FILE,
        ("F12",),
        "Save the image as PNG, its camera in the metadata",
        "scene",
        icon="screenshot",
        separated=True,
    ),
    Command("copy_picture", "Copy &image", FILE, ("Ctrl+C",), "Copy the image to the clipboard", "scene"),
    Command(
        "export",
        "E&xport video…",
        FILE,
        ("Ctrl+E",),
        "Render a camera path to a video or a folder of images",
        "scene",
        icon="export",
    ),
    Command(
        "export_mesh",
        "Export &mesh…",
        FILE,
        ("Ctrl+Shift+E",),
        "Make a coloured mesh for other 3D programs: .ply, .obj or .glb",
        "scene",
    ),
    Command(
        "export_points",
        "Export point clo&ud…",
        FILE,
        ("Ctrl+Shift+L",),
        "Write the coloured points of the scene for other 3D programs, as .ply",
        "scene",
    ),
    Command(
        "cancel_export", "Ca&ncel export", FILE, ("Ctrl+.",), "Stop the export; nothing half-written stays", "export"
    ),
    Command("quit", "&Quit", FILE, ("Ctrl+Q",), "Close the program", separated=True),
    *EDIT_COMMANDS,
    *CLEANING_COMMANDS,
    *(
        _toggle(
            f"channel_{number}",
            f"Channel {number}",
            CHANNEL,
            str(number),
            f"Show channel {number} of the scene: image, depth, normals, opacity or error",
            needs="scene",
            group="channel",
        )
        for number in range(1, CHANNEL_COUNT + 1)
    ),
    Command("next_channel", "&Next channel", CHANNEL, ("N",), "Show the next channel", "scene", separated=True),
    _toggle("lock_limits", "&Lock range", CHANNEL, "L", "Lock the range of depth colours while moving", needs="scene"),
    _toggle(
        "colour_bar",
        "Colour &bar",
        CHANNEL,
        "Shift+C",
        "The scale of the colours over the picture, and in screenshots: of depth, opacity, errors, differences",
        needs="scene",
    ),
    _toggle(
        "invert_colours",
        "&Invert colour map",
        CHANNEL,
        "Shift+N",
        "The colours of this channel the other way round, here, in videos and in later sessions",
        needs="colour_map",
    ),
    *INSPECTING_COMMANDS,
    *BESIDE_COMMANDS,
    _toggle(
        "cameras",
        "&Cameras",
        OVERLAYS,
        "C",
        "The cameras of the views: hover for the image, click to go there",
        needs="scene",
        icon="cameras",
    ),
    _toggle("box", "&Box", OVERLAYS, "B", "Draw the scene's bounding box", needs="scene", icon="box"),
    _toggle(
        "axes", "&Axes", OVERLAYS, "X", "Draw the world's axes: x red, y green, z blue", needs="scene", icon="axes"
    ),
    _toggle("grid", "&Floor grid", OVERLAYS, "H", "Draw a floor under the scene", needs="scene", icon="grid"),
    *CROP_COMMANDS,
    _toggle("sharp", "&Sharp pixels", VIEW, "I", "Show enlarged pixels as squares instead of smoothing them"),
    *(
        _toggle(f"largest_{px}", text, LARGEST, f"Ctrl+Alt+{key}", LARGEST_TIP, group="largest")
        for key, (px, text) in enumerate(LARGEST_PX.items())
    ),
    _toggle(
        "native_size",
        "&Never reduce",
        LARGEST,
        "Ctrl+Alt+N",
        "Draw each picture at its full size, also while the camera moves: a slow scene then shows few a second",
        separated=True,
    ),
    Command(
        "target_rate",
        "&Target rate and floor…",
        LARGEST,
        ("Ctrl+Alt+4",),
        "Choose how many pictures a second are aimed at while the camera moves, and how far they are reduced for it",
        "scene",
    ),
    *(
        _toggle(f"live_{name}", text, LIVE, f"Ctrl+Alt+{key}", tip, group="live")
        for key, (name, (text, tip)) in zip("AYV", LIVE_GAUSSIANS.items(), strict=True)
    ),
    _toggle(
        "theme_system", "Follow the &system", THEME, "Ctrl+Alt+S", "Light or dark as the desktop is", group="theme"
    ),
    _toggle("theme_light", "&Light", THEME, "Ctrl+Alt+L", "Light windows", group="theme"),
    _toggle("theme_dark", "&Dark", THEME, "Ctrl+Alt+D", "Dark windows", group="theme"),
    _toggle("panel", "Side p&anel", VIEW, "F9", "Show or hide the panel at the side", icon="panel", separated=True),
    _toggle(
        "training",
        "T&raining",
        VIEW,
        "F8",
        "Show or hide the training panel: runs, curves, held-out views",
        icon="curves",
    ),
    TIMELINE_COMMAND,
    _toggle(
        "view_strip",
        "Thumb&nails of views",
        VIEW,
        "F5",
        "Show or hide a row of the images of all views, held-out ones among them; a click goes there",
    ),
    _toggle("full_screen", "&Full screen", VIEW, "F11", "Only the picture, on the whole screen; Esc leaves"),
    _toggle(
        "present",
        "Presenta&tion",
        VIEW,
        "Shift+F11",
        "The picture alone, on the whole screen: no bars, messages, overlays, nor a still pointer; Esc leaves",
        needs="scene",
    ),
    _toggle(
        "orbit",
        "&Orbit",
        MODE,
        "O",
        "Dragging turns the scene about the pivot, upright",
        needs="scene",
        group="mode",
        icon="orbit",
    ),
    _toggle(
        "fly", "&Fly", MODE, "V", "Dragging looks around; W A S D Q E move", needs="scene", group="mode", icon="fly"
    ),
    _toggle(
        "trackball",
        "&Trackball",
        MODE,
        "T",
        "Dragging turns the scene freely, without an up",
        needs="scene",
        group="mode",
        icon="trackball",
    ),
    Command("faster", "Fly f&aster", MODE, ("Alt+Up",), "Fly half as fast again", "scene", separated=True),
    Command("slower", "Fly s&lower", MODE, ("Alt+Down",), "Fly slower", "scene"),
    Command("reset", "&Reset view", NAVIGATE, ("R",), "Back to where the scene begins", "scene", icon="reset"),
    Command(
        "frame",
        "&Frame the scene",
        NAVIGATE,
        ("F",),
        "Step back until the scene fills the view",
        "scene",
        icon="frame",
    ),
    Command("level", "&Level the horizon", NAVIGATE, ("Shift+L",), "Take the roll out", "scene"),
    Command("up", "Next &up axis", NAVIGATE, ("U",), "Change which way is up for orbiting", "scene"),
    Command(
        "previous",
        "&Previous view",
        NAVIGATE,
        ("[", "PgUp"),
        "Go to the view before, in its split",
        "views",
        icon="previous",
        separated=True,
    ),
    Command(
        "nearest",
        "&Nearest view",
        NAVIGATE,
        ("G",),
        "Go to the view most like this one, of the chosen split",
        "views",
        icon="nearest",
    ),
    Command(
        "next",
        "Ne&xt view",
        NAVIGATE,
        ("]", "PgDown"),
        "Go to the view after, in the chosen split",
        "views",
        icon="next",
    ),
    Command("first", "F&irst view", NAVIGATE, ("Home",), "Go to the first view of the chosen split", "views"),
    Command("last", "L&ast view", NAVIGATE, ("End",), "Go to the last view of the chosen split", "views"),
    Command("left", "Turn &left", STEP, ("Left",), "Orbit a step to the left", "scene", local=True),
    Command("right", "Turn &right", STEP, ("Right",), "Orbit a step to the right", "scene", local=True),
    Command("higher", "Turn &up", STEP, ("Up",), "Orbit a step upwards", "scene", local=True),
    Command("lower", "Turn &down", STEP, ("Down",), "Orbit a step downwards", "scene", local=True),
    Command("nearer", "&Nearer", STEP, ("+", "="), "Go a step nearer", "scene"),
    Command("farther", "&Farther", STEP, ("-",), "Go a step away", "scene"),
    Command(
        "copy_camera", "&Copy camera", NAVIGATE, ("Ctrl+Shift+C",), "Copy the camera as text", "scene", separated=True
    ),
    Command("paste_camera", "Pas&te camera", NAVIGATE, ("Ctrl+V",), "Go to a camera copied as text", "scene"),
    *MOTION_COMMANDS,
    *BOOKMARK_COMMANDS,
    _toggle("play", "&Play", PLAY, "K", "Play or pause the recording", needs="time", icon="play"),
    _toggle("loop", "&Loop", PLAY, "Shift+K", "Begin again at the end", needs="time", icon="loop"),
    _toggle(
        "play_ready",
        "Play &only ready frames",
        PLAY,
        "Alt+K",
        "Leave out frames that are not prepared yet, instead of waiting for them",
        needs="time",
    ),
    Command(
        "moment_before",
        "Previous &frame",
        PLAY,
        ("Ctrl+Left", "Shift+J"),
        "Pause, and go one frame back",
        "time",
        icon="moment_before",
        separated=True,
    ),
    Command(
        "moment_after",
        "&Next frame",
        PLAY,
        ("Ctrl+Right", "J"),
        "Pause, and go one frame on",
        "time",
        icon="moment_after",
    ),
    *PATH_COMMANDS,
    Command(
        "train",
        "&Train…",
        TRAINING,
        ("Ctrl+T",),
        "Train a scene from images or a video, in the background",
        icon="train",
    ),
    Command(
        "hand_over",
        "&Hand over to Brush…",
        TRAINING,
        ("Ctrl+Alt+H",),
        "Write a data folder for Brush, which trains Gaussians on any graphics card, and follow its scenes",
    ),
    Command(
        "pause_training",
        "&Pause training",
        TRAINING,
        ("Ctrl+P",),
        "Pause after the step under way, or resume",
        "training",
    ),
    Command(
        "stop_training",
        "&Stop (saves)",
        TRAINING,
        ("Ctrl+Shift+P",),
        "End the training under way; it is saved and can be resumed later",
        "training",
    ),
    Command(
        "continue_training",
        "&Resume training…",
        TRAINING,
        ("Ctrl+Shift+R",),
        "Train the chosen run further, from where it was saved",
        "run",
    ),
    Command(
        "watch_training",
        "&Watch",
        TRAINING,
        ("Ctrl+Shift+W",),
        "Show the scene as it is being trained",
        "training",
    ),
    Command("manual", "&Manual", HELP, ("Ctrl+F1",), "Open the README in the browser or editor"),
    Command(
        "hints",
        "&What you can do here",
        HELP,
        ("Ctrl+Shift+F3",),
        "Show over the picture what hand and keys do, as at the first start",
        "scene",
    ),
    Command("shortcuts", "&Shortcuts", HELP, ("F1",), "All commands and their keys", icon="help"),
    Command(
        "copy_report",
        "&Copy report",
        HELP,
        ("Ctrl+Shift+F1",),
        "Copy versions, machine, settings and the log's last lines, to be told where something goes wrong",
        separated=True,
    ),
    Command(
        "reset_settings",
        "&Reset settings…",
        HELP,
        ("Ctrl+Shift+F2",),
        "Have everything as at a first start; recent scenes and known runs stay, unless you say otherwise",
    ),
    Command("about", "&About Vantage", HELP, ("Shift+F1",), "Version, device and licence"),
)
