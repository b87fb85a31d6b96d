"""Where the picture is: canvases, overlays, and the hand on them."""
