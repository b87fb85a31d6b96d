"""The one place that imports Qt: PyQt5's classes, and as functions what other bindings do differently.

Enumerations are written with their class everywhere (`Qt.Key.Key_Escape`), as Qt 6 has them only.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

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
    QCursor,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFocusEvent,
    QFontInfo,
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
    QTransform,
    QWheelEvent,
)
from PyQt5.QtSvg import QSvgRenderer
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QAction,
    QActionGroup,
    QApplication,
    QBoxLayout,
    QButtonGroup,
    QCheckBox,
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
    QLineEdit,
    QListView,
    QMainWindow,
    QMenu,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QScrollArea,
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


def unsigned(value: int) -> QVariant:
    """The integer as D-Bus takes it where none below zero may come, which is another type there."""
    converted = QVariant(value)
    converted.convert(QVariant.Type.UInt)
    return converted
