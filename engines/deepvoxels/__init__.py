"""DeepVoxels: Learning Persistent 3D Feature Embeddings (Sitzmann et al., CVPR 2019).

| file | what |
|---|---|
| `engine.py` | what the program calls |
| `config.py` | every option |
| `blocks.py`, `network.py` | the networks, under the published tensor names |
| `geometry.py` | the paper's pixel and voxel grids |
| `inference.py` | the same networks prepared for drawing only |
| `scene.py` | a trained scene that can be drawn |
| `training.py`, `discriminator.py` | learning one from photographs |
| `upstream.py` | files of the authors' code, both ways |
"""
