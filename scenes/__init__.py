"""Scene templates: nine folders, one file per template. Always imported as `simgen.scenes`."""

if __name__ == "scenes":
    raise ImportError("import simgen.scenes, not scenes: the templates are part of the package")
