"""One renderer plug-in per module; heavy libraries load when drawing starts."""
