"""Parts of the main window: its pages, its theme, what it remembers, what is dropped on it, reports of its faults."""
