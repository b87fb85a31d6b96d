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
"""
