"""3D Gaussian splats (Kerbl, Kopanas, Leimkuehler, Drettakis, SIGGRAPH 2023).

| file | what |
|---|---|
| `engine.py` | what the program calls |
| `config.py` | every option |
| `splats.py` | what a scene is made of, as trained |
| `files` | the forms that others keep splats in, read and written |
| `placement.py` | the box about it, and a camera to begin from |
| `scene.py` | splats that are looked at |
| `drawing.py` | a picture of them: seen, ordered, put into tiles, composited, on several threads |
| `footprints.py`, `harmonics.py` | what a splat is in a picture; its colour from where one looks |
| `ordering.py` | from near to far |
| `seen_order.py`, `values.py` | for graphics cards: which a camera sees, in which order; numbers as they are drawn |
| `compositing.py` | footprints over each other, tile by tile |
| `backward.py` | a picture of splats that are learnt, and the gradient of a loss of it |
| `backward_shapes.py`, `backward_tiles.py`, `harmonic_gradients.py` | its parts: splat by splat, tile by tile |
| `compiled.py` | how functions are compiled, and kept so |
| `example.py` | a small scene, made up |
"""
