"""From a scene to pictures on the screen: the render worker, reprojection, progressive refinement, shading."""
