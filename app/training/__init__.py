"""The training loop and what stands about it: validation, presets, run folders, runs in processes."""
