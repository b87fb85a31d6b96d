"""What a data folder is, and findings (warnings, notes) on it, before anything is trained with it."""
