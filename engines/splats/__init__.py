"""3D Gaussian splats (Kerbl, Kopanas, Leimkuehler, Drettakis, SIGGRAPH 2023).

| file | what |
|---|---|
| `splats.py` | what a scene is made of, as trained |
| `files` | the forms that others keep splats in, read and written |
"""
