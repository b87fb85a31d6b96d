"""Camera paths as other programs have them: a module for each format, found by `formats.PATH_FORMATS`."""
