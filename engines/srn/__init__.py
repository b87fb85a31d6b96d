"""Scene Representation Networks (Sitzmann et al., NeurIPS 2019).

| file | what |
|---|---|
| `engine.py` | what the program calls |
| `config.py` | every option |
| `codes.py` | codes that are given with the data |
| `network.py` | the networks, under the published tensor names |
| `inference.py` | the same networks prepared for drawing only |
| `scene.py` | a trained scene or class that can be drawn |
| `observations.py` | which photographs each step trains on, and how they are read |
| `training.py` | learning one scene or a class from photographs |
| `upstream.py` | files of the authors' code, both ways |
"""
