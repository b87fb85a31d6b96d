"""The one place that imports Qt: PyQt5's classes, and as functions what other bindings do differently.

So are the few calls that PyQt5's own types say too little of, or too much.

Enumerations are written with their class everywhere (`Qt.Key.Key_Escape`), as Qt 6 has them only.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from contextlib import suppress
from functools import reduce
from typing import Any, TypeVar, cast

import numpy as np
from PyQt5.QtCore import (
    PYQT_VERSION_STR,
    QAbstractListModel,
    QByteArray,
    QEvent,
    QEventLoop,
    QFile,
    QLineF,
    QLocale,
    QMimeData,
    QModelIndex,
    QObject,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSettings,
    QSize,
    Qt,
    QTimer,
    QUrl,
    QVariant,
)
from PyQt5.QtCore import pyqtSignal as Signal
from PyQt5.QtGui import (
    QCloseEvent,
    QColor,
    QContextMenuEvent,
    QCursor,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QFont,
    QFontInfo,
    QHelpEvent,
    QIcon,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QNativeGestureEvent,
    QOffscreenSurface,
    QOpenGLContext,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QPixmapCache,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
    QSurfaceFormat,
    QTransform,
    QWheelEvent,
)
from PyQt5.QtSvg import QSvgRenderer
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QAction,
    QActionGroup,
    QApplication,
    QBoxLayout,
    QButtonGroup,
    QCheckBox,
    QColorDialog,
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QDockWidget,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLayout,
    QLayoutItem,
    QLineEdit,
    QListView,
    QMainWindow,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QScrollBar,
    QShortcut,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QStatusBar,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStyleOptionSlider,
    QStyleOptionViewItem,
    QStylePainter,
    QSystemTrayIcon,
    QToolBar,
    QToolButton,
    QToolTip,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

BINDING = "pyqt5"
"""As VisPy calls it. pyqtgraph takes the one that is imported before it."""
BINDING_TITLE = f"PyQt {PYQT_VERSION_STR}"

Found = TypeVar("Found")
ERASING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
"""Mean the entries that are marked in a list before one, not what is marked elsewhere in the window."""


def present(found: Found | None) -> Found:
    """What Qt always gives where it is asked for: PyQt5's types call every result optional."""
    return cast(Found, found)


def combined(*flags: Found) -> Found:
    """Flags of one enumeration together: PyQt5's types call what `|` makes of them a plain number."""
    return reduce(operator.or_, flags)


def keep_enumerations() -> None:
    """Has `QEvent.Type.MouseMove` and its like looked up as fast as any attribute, from now on.

    PyQt5 searches for a member that is written with its enumeration, and makes it anew, each time: 1.3 to 4 us, 30 to
    90 times what the short name takes, which Qt 6 has no more. Every filter of events asks for several at each event;
    a tenth of the previews of a drag were lost to it.
    """
    if "MouseMove" in vars(QEvent.Type):
        return
    for kind in [value for value in globals().values() if isinstance(value, type)]:
        for name, member in list(vars(kind).items()):
            if type(type(member)).__name__ == "enumtype":
                setattr(type(member), name, member)


def current_application() -> QApplication:
    """The application that was made: PyQt5's types know it as one without a window only."""
    return cast(QApplication, QApplication.instance())


def cached_pixmap(key: str) -> QPixmap | None:
    """What was put in the cache: PyQt5's types forget that it may be gone."""
    return QPixmapCache.find(key)


def might_be_rich_text(text: str) -> bool:
    """Whether Qt would take it for HTML; PyQt5's types lack it."""
    return bool(cast(Any, Qt).mightBeRichText(text))


def draw_lines(painter: QPainter, lines: Sequence[QLineF]) -> None:
    """Draws them in one call, none as well: PyQt5's types know one by one only, or an array of its own."""
    painter.drawLines(cast(Any, lines))


def image_sharing(pixels: np.ndarray, layout: QImage.Format | None = None) -> QImage:
    """An image in the memory of contiguous pixels [H, W, 3 or 4] uint8, which must live as long as it.

    Args:
        layout: of the channels, None: RGB or RGBA.
    """
    height, width, channels = pixels.shape
    if layout is None:
        layout = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBA8888
    # Any buffer will do, though PyQt5's types say bytes. It is neither copied nor held.
    return QImage(cast(bytes, pixels.data), width, height, channels * width, layout)


def image_of(pixels: np.ndarray) -> QImage:
    """An image of its own of pixels [H, W, 3 or 4] uint8, RGB or RGBA."""
    pixels = np.ascontiguousarray(pixels)
    return image_sharing(pixels).copy()


def core_format(major: int, minor: int) -> QSurfaceFormat:
    """Asks for a core profile of that version of OpenGL, or of a newer one."""
    asked = QSurfaceFormat()
    asked.setVersion(major, minor)
    asked.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    return asked


def gl_function_address(context: QOpenGLContext, name: str) -> int:
    """The address of a function of OpenGL, of the context that is current; 0 where there is none."""
    return int(cast(Any, context.getProcAddress(name.encode())) or 0)


def position(event: QMouseEvent) -> QPointF:
    """The pointer in the widget, in logical pixels."""
    return event.localPos()


def pressed_combination(event: QKeyEvent) -> int:
    """The key with its modifiers as one number; the keypad's keys are those of the others."""
    return int(event.key()) | int(event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier)


def first_combination(sequence: QKeySequence) -> int:
    """The first key of a sequence with its modifiers, as `pressed_combination` gives it."""
    return int(sequence[0])


def call_service(service: str, path: str, method: str, arguments: list[Any]) -> bool:
    """Calls a method of a service of the desktop over D-Bus, its interface called as itself; whether it was sent."""
    # Not in every build of Qt.
    with suppress(ImportError):
        from PyQt5.QtDBus import QDBusConnection, QDBusMessage

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected() or not bus.interface().isServiceRegistered(service).value():
            return False
        call = QDBusMessage.createMethodCall(service, path, service, method)
        call.setArguments(arguments)
        return bool(bus.send(call))
    return False


def shrink_below_contents(box: QComboBox) -> None:
    """Lets a box be narrower than its longest text; Qt 6 has it with room for an icon only."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLength)


def unsigned(value: int) -> QVariant:
    """The integer as D-Bus takes it where none below zero may come, which is another type there."""
    converted = QVariant(value)
    converted.convert(QVariant.Type.UInt)
    return converted
