"""Buying, with everything around it running."""
