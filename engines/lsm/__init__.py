"""Learnt Stereo Machines (Kar et al., NIPS 2017).

| file | what |
|---|---|
| `config.py` | every option |
| `upstream.py` | the authors' checkpoints and their `args.json`, both ways |
| `network.py` | the networks, under the authors' variable names |
| `layers.py`, `recurrent.py` | TensorFlow's layers as the authors use them; what fuses the photographs' grids |
| `projection.py` | from features of photographs to a grid, and from a grid to slices along rays |
"""
