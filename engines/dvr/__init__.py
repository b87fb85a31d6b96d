"""Differentiable Volumetric Rendering (Niemeyer et al., CVPR 2020).

| file | what |
|---|---|
| `engine.py` | what the program calls |
| `config.py` | every option |
| `network.py` | the networks, under the published tensor names |
| `marching.py` | the plain search for the surface along rays, as in the paper |
"""
