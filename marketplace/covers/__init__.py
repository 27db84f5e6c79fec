"""Generated covers for books without a picture."""

from marketplace.covers.drawing import CoverSpec, cover_spec, draw, version_of

__all__ = ["CoverSpec", "cover_spec", "draw", "version_of"]
