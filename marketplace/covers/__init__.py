"""Covers for books that have no picture, drawn by the project itself."""

from marketplace.covers.drawing import Brief, brief_of, draw, version_of

__all__ = ["Brief", "brief_of", "draw", "version_of"]
