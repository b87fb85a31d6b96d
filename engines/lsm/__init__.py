"""Learnt Stereo Machines (Kar et al., NIPS 2017).

| file | what |
|---|---|
| `engine.py` | what the program calls |
| `config.py` | every option |
| `upstream.py` | the authors' checkpoints and their `args.json`, both ways |
| `network.py` | the networks, under the authors' variable names |
| `layers.py`, `recurrent.py` | TensorFlow's layers as the authors use them; what fuses the photographs' grids |
| `photographs.py`, `sources.py` | where photographs stand about the grid; which of which object are used |
| `reconstruction.py`, `inference.py` | what the networks made of them, kept for the next choice; prepared for it |
| `voxel_scene.py`, `occupancy.py` | V-LSM: an object as the surface in its grid of occupancies |
| `surface_mesh.py` | about where a picture's rays meet that surface |
| `translucency.py` | the grid as something to be seen through |
| `depth_scene.py`, `colouring.py` | D-LSM: an object as fused depth maps; the colours of points from photographs |
| `training.py` | what is learnt: the networks, the losses |
| `training_views.py` | which objects and photographs a step looks at, and how they come from the disk |
| `projection.py` | from features of photographs to a grid, and from a grid to slices along rays |
"""
