"""DeepVoxels: Learning Persistent 3D Feature Embeddings (Sitzmann et al., CVPR 2019).

| file | what |
|---|---|
| `engine.py` | what the program calls |
| `config.py` | every option |
| `network.py` | the networks, under the published tensor names |
| `geometry.py` | the paper's pixel and voxel grids |
| `visibility.py` | what makes drawing fast: empty samples left out |
| `scene.py` | a trained scene that can be drawn |
| `training.py`, `training_views.py`, `discriminator.py` | learning one from photographs |
| `upstream.py` | files of the authors' code, both ways |
"""
