"""How the window looks: two palettes, and one stylesheet made from either."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from app.gui.qt import QApplication, QColor, QPalette, QSettings

ARROW, CHECK = (Path(__file__).resolve().parent / name for name in ("arrow.svg", "check.svg"))
THEMES = ("system", "light", "dark")


@dataclass(frozen=True)
class Colours:
    """What each surface is painted with."""

    window: str
    panel: str
    field: str
    hover: str
    border: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    viewport: str
    good: str
    warning: str
    error: str


DARK = Colours(
    window="#1e1f22",
    panel="#25272b",
    field="#1a1b1e",
    hover="#34373d",
    border="#3a3d43",
    text="#dfe1e5",
    muted="#9a9ea8",
    faint="#5c6068",
    accent="#5b93f5",
    on_accent="#0f1114",
    viewport="#131416",
    good="#6cb87a",
    warning="#dba650",
    error="#e4716b",
)
LIGHT = Colours(
    window="#f1f2f5",
    panel="#ffffff",
    field="#ffffff",
    hover="#e6e8ed",
    border="#d2d5dc",
    text="#1d1f24",
    muted="#636873",
    faint="#b3b7c0",
    accent="#2f6bdc",
    on_accent="#ffffff",
    viewport="#dfe1e6",
    good="#2e7d3f",
    warning="#9a6700",
    error="#c0392f",
)


def system_is_dark() -> bool:
    """Whether the desktop asks for dark windows, as far as Qt 5 can tell."""
    if sys.platform == "win32":
        key = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        return int(QSettings(key, QSettings.Format.NativeFormat).value("AppsUseLightTheme", 1)) == 0
    return bool(QApplication.style().standardPalette().color(QPalette.ColorRole.Window).lightness() < 128)


def colours_of(theme: str, system_dark: bool) -> Colours:
    """The palette of "light", "dark" or "system"."""
    return DARK if theme == "dark" or (theme == "system" and system_dark) else LIGHT


def apply_theme(application: QApplication, colours: Colours) -> None:
    """Repaints every window of the program."""
    application.setPalette(_palette(colours))
    style = _stylesheet(colours)
    # To set it again would style every widget of every window again.
    if application.styleSheet() != style:
        application.setStyleSheet(style)


def _palette(colours: Colours) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colours.window,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.Base: colours.field,
        QPalette.ColorRole.AlternateBase: colours.panel,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.Button: colours.panel,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.ToolTipBase: colours.panel,
        QPalette.ColorRole.ToolTipText: colours.text,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.on_accent,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.BrightText: colours.error,
        # Fusion derives bevels and the marks of sliders from these.
        QPalette.ColorRole.Light: colours.hover,
        QPalette.ColorRole.Midlight: colours.hover,
        QPalette.ColorRole.Mid: colours.border,
        QPalette.ColorRole.Dark: colours.border,
        QPalette.ColorRole.Shadow: colours.border,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor(colours.border))
    return palette


def _stylesheet(colours: Colours) -> str:
    return _bars(colours) + _texts(colours) + _inputs(colours) + _pictures(colours)


def _veil(colour: str) -> str:
    """Lets what is below shine through."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 200)"


def _bars(c: Colours) -> str:
    return f"""
    QMenuBar {{ background: {c.window}; border: none; padding: 1px 4px; }}
    QMenuBar::item {{ padding: 4px 9px; border-radius: 4px; background: transparent; }}
    QMenuBar::item:selected {{ background: {c.hover}; }}
    QMenu {{ background: {c.panel}; border: 1px solid {c.border}; padding: 4px; }}
    QMenu::item {{ padding: 5px 28px 5px 26px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {c.accent}; color: {c.on_accent}; }}
    QMenu::item:disabled {{ color: {c.faint}; background: transparent; }}
    QMenu::separator {{ height: 1px; background: {c.border}; margin: 4px 8px; }}
    QMenu::icon {{ padding-left: 12px; }}
    QMenu::indicator {{ left: 7px; width: 13px; height: 13px; }}
    QToolBar {{ background: {c.window}; border: none; border-bottom: 1px solid {c.border}; padding: 3px 6px;
        spacing: 2px; }}
    QToolBar::separator {{ width: 1px; background: {c.border}; margin: 5px 6px; }}
    QToolButton {{ border: none; border-radius: 5px; padding: 4px; }}
    QToolButton::menu-indicator {{ image: none; }}
    QToolButton:hover {{ background: {c.hover}; }}
    QToolButton:checked {{ background: {c.hover}; border: 1px solid {c.border}; padding: 3px; }}
    QStatusBar {{ background: {c.window}; border-top: 1px solid {c.border}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ padding: 2px 9px 3px 9px; }}
    QMainWindow::separator {{ width: 7px; height: 9px; background: {c.window}; }}
    QMainWindow::separator:hover, QSplitter::handle:hover {{ background: {c.accent}; }}
    QMainWindow::separator:horizontal {{ border-top: 1px solid {c.border}; border-bottom: 1px solid {c.border}; }}
    QMainWindow::separator:vertical {{ border-left: 1px solid {c.border}; }}
    QSplitter::handle:horizontal {{ background: {c.border}; margin: 2px 3px; }}
    QDockWidget::title {{ background: {c.window}; padding: 6px 10px; }}
    QScrollArea, QScrollArea > QWidget > QWidget {{ background: {c.window}; border: none; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {c.border}; border-radius: 4px; min-height: 28px; margin: 1px; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle:horizontal {{ background: {c.border}; border-radius: 4px; min-width: 28px; margin: 1px; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page
        {{ background: none; border: none; width: 0; height: 0; }}
    """


def _texts(c: Colours) -> str:
    return f"""
    QLabel[role="heading"] {{ color: {c.muted}; font-weight: 600; }}
    QLabel[role="title"] {{ font-size: 20pt; font-weight: 600; }}
    QLabel[role="muted"] {{ color: {c.muted}; }}
    QLabel[role="warning"] {{ color: {c.warning}; }}
    QLabel[role="tag"] {{ background: {c.panel}; border: 1px solid {c.border}; border-radius: 4px; padding: 2px 7px; }}
    QLabel[role="drop"] {{ border: 3px dashed {c.accent}; border-radius: 8px; font-size: 14pt;
        background: {_veil(c.window)}; }}
    QLabel[role="thumbnail"] {{ background: {c.field}; border-radius: 4px; }}
    QLabel[role="key"] {{ background: {c.panel}; border: 1px solid {c.border}; border-radius: 4px; padding: 1px 6px; }}
    QLabel[state="final"] {{ color: {c.good}; }}
    QLabel[state="preview"] {{ color: {c.warning}; }}
    QFrame[role="card"] {{ background: {c.panel}; border: 1px solid {c.border}; border-radius: 7px; }}
    QFrame[role="rule"] {{ background: {c.border}; border: none; margin: 0 6px; }}
    QFrame[role="line"] {{ background: {c.border}; max-height: 1px; min-height: 1px; border: none; }}
    QFrame[banner] {{ background: {c.panel}; border: 1px solid {c.border}; border-left: 4px solid {c.accent};
        border-top-right-radius: 5px; border-bottom-right-radius: 5px; }}
    QFrame[banner="warning"] {{ border-left-color: {c.warning}; }}
    QFrame[banner="error"] {{ border-left-color: {c.error}; }}
    QToolTip {{ background: {c.panel}; color: {c.text}; border: 1px solid {c.border}; padding: 4px 6px; }}
    """


def _inputs(c: Colours) -> str:
    return f"""
    QPushButton {{ background: {c.panel}; border: 1px solid {c.border}; border-radius: 5px; padding: 5px 13px; }}
    QPushButton:hover {{ background: {c.hover}; }}
    QPushButton:disabled {{ color: {c.faint}; }}
    QPushButton:focus {{ border: 2px solid {c.accent}; padding: 4px 12px; outline: none; }}
    QPushButton[primary="true"]:focus, QPushButton[segment="true"]:checked:focus
        {{ border: 2px solid {c.text}; }}
    QPushButton[segment="true"]:focus {{ padding: 4px 9px; }}
    QToolButton:focus {{ border: 1px solid {c.accent}; padding: 3px; }}
    QCheckBox, QRadioButton {{ border: 1px solid transparent; border-radius: 3px; padding: 1px; }}
    QCheckBox:focus, QRadioButton:focus {{ border-color: {c.accent}; outline: none; }}
    QSlider:focus {{ border: 1px solid {c.accent}; border-radius: 5px; }}
    QSlider {{ border: 1px solid transparent; }}
    QComboBox {{ background: {c.field}; border: 1px solid {c.border}; border-radius: 5px; padding: 3px 8px;
        min-height: 20px; combobox-popup: 0; }}
    QComboBox:focus {{ border: 2px solid {c.accent}; padding: 2px 7px; }}
    QComboBox:disabled {{ color: {c.faint}; background: {c.window}; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow {{ image: url("{ARROW.as_posix()}"); width: 12px; height: 12px; }}
    QComboBox QAbstractItemView {{ background: {c.panel}; border: 1px solid {c.border};
        selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QMessageBox {{ messagebox-text-interaction-flags: 5; }}
    QPushButton[primary="true"] {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; }}
    QPushButton[primary="true"]:disabled {{ background: {c.border}; color: {c.faint}; border-color: {c.border}; }}
    QPushButton[segment="true"] {{ padding: 5px 10px; }}
    QToolButton[segment="true"] {{ background: {c.panel}; border: 1px solid {c.border}; padding: 5px 6px; }}
    QToolButton[segment="true"]:hover {{ background: {c.hover}; }}
    QToolButton[segment="true"]:disabled {{ color: {c.faint}; }}
    QToolButton[segment="true"]:focus {{ border: 2px solid {c.accent}; padding: 4px 5px; }}
    QToolButton[segment="true"]:checked {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent};
        padding: 5px 6px; }}
    QPushButton[segment="true"]:checked {{ background: {c.accent}; color: {c.on_accent}; border-color: {c.accent}; }}
    QPushButton[row="true"] {{ text-align: left; border: none; background: transparent; padding: 7px 10px; }}
    QPushButton[row="true"]:hover {{ background: {c.hover}; }}
    QPushButton[beginning="true"] {{ background: {c.panel}; border: 1px solid {c.border}; }}
    QPushButton[row="true"]:focus {{ border: 2px solid {c.accent}; }}
    QLineEdit, QSpinBox, QDoubleSpinBox {{ background: {c.field}; border: 1px solid {c.border}; border-radius: 5px;
        padding: 3px 6px; min-height: 20px; selection-background-color: {c.accent}; }}
    QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus {{ border-color: {c.accent}; }}
    QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button
        {{ width: 0; border: none; }}
    QSpinBox:disabled, QDoubleSpinBox:disabled, QLineEdit:disabled {{ color: {c.faint}; background: {c.window}; }}
    QCheckBox::indicator:unchecked {{ width: 12px; height: 12px; border: 1px solid {c.faint}; border-radius: 3px;
        background: {c.field}; }}
    QCheckBox::indicator:checked {{ width: 12px; height: 12px; border: 1px solid {c.accent}; border-radius: 3px;
        background: {c.accent}; image: url("{CHECK.as_posix()}"); }}
    QCheckBox::indicator:checked:disabled {{ background: {c.faint}; border-color: {c.faint}; }}
    QSlider::groove:horizontal {{ height: 4px; background: {c.border}; border-radius: 2px; }}
    QSlider::sub-page:horizontal {{ background: {c.accent}; border-radius: 2px; }}
    QSlider::sub-page:horizontal:disabled {{ background: {c.border}; }}
    QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
        background: {c.accent}; }}
    QSlider::handle:horizontal:hover {{ background: {c.text}; }}
    QSlider::handle:horizontal:disabled {{ background: {c.faint}; }}
    QProgressBar {{ background: {c.field}; border: 1px solid {c.border}; border-radius: 4px; height: 8px; }}
    QProgressBar[role="thin"] {{ background: transparent; border: none; border-radius: 0; height: 3px; }}
    QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
    """


def _pictures(c: Colours) -> str:
    return f"""
    QToolButton[picture="true"] {{ background: {c.field}; border: 1px solid {c.border}; padding: 2px; }}
    QToolButton[picture="true"]:hover {{ background: {c.hover}; border-color: {c.muted}; }}
    QToolButton[picture="true"]:checked {{ border: 2px solid {c.accent}; padding: 1px; }}
    QToolButton[picture="true"]:focus {{ border: 2px solid {c.text}; padding: 1px; }}
    """
