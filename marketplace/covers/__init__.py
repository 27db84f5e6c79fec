"""Generated covers for books without a picture."""

from marketplace.covers.drawing import Brief, brief_of, draw, version_of

__all__ = ["Brief", "brief_of", "draw", "version_of"]
