"""One annotator per module."""
