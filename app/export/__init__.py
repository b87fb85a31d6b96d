"""Camera paths into videos and folders of images."""
