"""Camera paths (a trajectory each): made, read and written."""
