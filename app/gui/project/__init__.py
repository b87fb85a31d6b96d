"""Projects in the window: opened, saved, kept for the case that the program is killed."""
