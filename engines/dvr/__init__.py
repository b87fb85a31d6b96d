"""Differentiable Volumetric Rendering (Niemeyer et al., CVPR 2020).

| file | what |
|---|---|
| `engine.py` | what the program calls |
| `config.py` | every option |
| `upstream.py`, `authors_options.py` | the authors' checkpoints, and the YAML that goes with them |
| `photographs.py` | input photographs, and the codes that are made of them |
| `scene.py` | a trained scene: draws a frame, is a surface |
| `cube.py`, `rays.py` | where the field stands in the world; rays of pixels in its coordinates |
| `network.py` | the networks, under the published tensor names |
| `marching.py` | the plain search for the surface along rays, as in the paper |
| `surface_search.py`, `crossings.py` | the same, fast: how rays are walked, and where the field is 0 on them |
| `occupancy_grid.py`, `grid_lookup.py` | bounds on the field, made once for a scene; what they say of points on rays |
| `inference.py`, `drawn_field.py` | the decoder prepared for drawing; with its grid, what a scene asks, and the audit |
| `training.py`, `losses.py`, `implicit_gradient.py` | what is learnt, what a step is judged by, how the surface moves |
| `training_data.py`, `training_views.py` | what can be trained on; what each step looks at, and how it is read |
| `ray_sampling.py`, `field.py`, `comparison.py` | pixels and places by chance; the field of a step; its losses |
| `pruned_march.py` | the search while learning: what `marching.py` finds, with fewer points |
| `placement.py` | where the cube stands, of data that doesn't say |
"""
