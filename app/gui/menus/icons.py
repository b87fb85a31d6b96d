"""The toolbar's icons, drawn as strokes in the theme's colours."""

from __future__ import annotations

from app.gui.qt import QByteArray, QIcon, QPainter, QPixmap, QPixmapCache, QRectF, QSvgRenderer, Qt, cached_pixmap
from app.gui.theme import Colours

# Paths on a 24x24 field.
STROKES = {
    "open": "M3 7v11a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2V9a2 2 0 0 0-2-2h-7l-2-3H5a2 2 0 0 0-2 2z",
    "data": "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
    "screenshot": (
        "M4 8h3l2-3h6l2 3h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zM12 10a3.5 3.5 0 1 "
        "0 0 7 3.5 3.5 0 0 0 0-7z"
    ),
    "export": "M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4M4 14.3h4M16 9.7h4M16 14.3h4M8 12h8",
    "orbit": (
        "M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM20.5 12c0 2.5-3.8 4.3-8.5 4.3S3.5 14.5 3.5 12 7.3 7.7 "
        "12 7.7c2.5 0 4.8.5 6.4 1.4M18.7 5.5v3.8h-3.8"
    ),
    "fly": "M21 3L3 10.5l7.2 3.3L13.5 21zM21 3L10.2 13.8",
    "trackball": (
        "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.5 12h17M12 3.5c3 2.5 4 5.5 4 8.5s-1 6-4 "
        "8.5c-3-2.5-4-5.5-4-8.5s1-6 4-8.5z"
    ),
    "reset": "M4 11.5L12 4l8 7.5M6 10v10h4.5v-6h3v6H18V10",
    "frame": "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M9 9h6v6H9z",
    "previous": "M15 5l-7 7 7 7",
    "nearest": "M12 3v4M12 17v4M3 12h4M17 12h4M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "next": "M9 5l7 7-7 7",
    "play": "M7 4.5v15l12-7.5z",
    "pause": "M8 5v14M16 5v14",
    "loop": "M5 11V9.5A3.5 3.5 0 0 1 8.500 6H19l-3-3M19 13v1.500a3.5 3.5 0 0 1-3.5 3.500H5l3 3",
    "moment_before": "M17 5l-8 7 8 7zM6 5v14",
    "moment_after": "M7 5l8 7-8 7zM18 5v14",
    "timeline": "M3 6h18M3 18h18M8 9l3 3-3 3-3-3zM17 9l3 3-3 3-3-3z",
    "key_add": "M10 5l6 7-6 7-6-7zM19 3v6M16 6h6",
    "key_overwrite": "M10 5l6 7-6 7-6-7zM18 3v7M15.500 7.500l2.500 2.500 2.500-2.500",
    "key_duplicate": "M8 6l5 6-5 6-5-6zM13.500 6.500l2-.5 5 6-5 6-2-.5",
    "key_delete": "M10 5l6 7-6 7-6-7zM16 6h6",
    "turn": "M12 4.500a7.500 7.500 0 1 1-7 4.800M5 4v5.500h5.500M12 12h.01",
    "generate": "M4 18c3-12 6-12 8-6s5 6 8-6M4 18h.01M12 12h.01M20 6h.01",
    "record": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
    "constant_speed": "M4 17a8 8 0 1 1 16 0M12 16l4-5",
    "cameras": "M4 7h10v10H4zM14 11l6-4v10l-6-4z",
    "box": "M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
    "axes": "M6 18V4M6 18h14M6 18l8-8M4 6l2-2 2 2M18 16l2 2-2 2",
    "grid": "M4 4h16v16H4zM4 9.3h16M4 14.6h16M9.3 4v16M14.6 4v16",
    "panel": "M4 5h16v14H4zM14.5 5v14",
    "train": "M4 5h11v9H4zM7 17h11V8M10 20h11v-9M6.5 11.500l2.500-2.500 2 2 2-2",
    "curves": "M4 4v16h16M7 8c1 6 4 8 13 8.5",
    "help": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .8-1 1.7M12 16.5v.2",
}


def make_icon(name: str, colours: Colours) -> QIcon:
    """The icon in its normal, disabled and checked colours, sharp at any scale up to 3."""
    icon = QIcon()
    for colour, mode, state in (
        (colours.text, QIcon.Mode.Normal, QIcon.State.Off),
        (colours.accent, QIcon.Mode.Normal, QIcon.State.On),
        (colours.faint, QIcon.Mode.Disabled, QIcon.State.Off),
        (colours.faint, QIcon.Mode.Disabled, QIcon.State.On),
    ):
        for size in (20, 40, 60):
            icon.addPixmap(_draw(STROKES[name], colour, size), mode, state)
    return icon


def _draw(path: str, colour: str, size: int) -> QPixmap:
    """Drawn once for all windows."""
    name = f"{size} {colour} {path}"
    known = cached_pixmap(name)
    if known is not None:
        return known
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" '
        f'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="{path}"/></svg>'
    )
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    QPixmapCache.insert(name, pixmap)
    return pixmap
