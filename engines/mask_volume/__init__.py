"""Deep 3D Mask Volume (Lin et al., ICCV 2021).

| file | what |
|---|---|
| `engine.py` | what the program calls |
| `config.py` | every option |
| `network.py` | the two networks, under the published tensor names |
| `inference.py`, `volume_convolution.py`, `plane_winograd.py` | the same networks prepared for drawing only |
| `footage.py`, `pairs.py`, `captures.py` | an open capture, and which pair of its cameras is looked through |
| `planes.py`, `sweeping.py` | planes swept through space, and the multiplane images that are made of them |
| `multiplane_image.py`, `multiplane_image_cache.py` | the multiplane image of a time step, and which are kept |
| `drawing.py`, `scene.py` | pictures of them |
| `triplets.py`, `examples.py`, `augmentation.py`, `folded.py`, `losses.py`, `perceptual.py`, `training.py` | learning |
| `upstream.py` | files of the authors' code, both ways |
"""
