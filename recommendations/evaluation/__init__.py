"""The `evaluate` command: measures how well models predict what readers read next.

This file imports nothing, so that the command line can list the choices without loading the libraries.
"""

SHIPPED = "shipped"
"""The model of this project, as it is trained and served."""
SIMPLE = ("popularity", "random")
"""Baselines that need no library."""
EASE = "ease"
"""The dense model in closed form, tuned."""
IMPLICIT = ("als", "bpr", "bm25", "cosine")
"""Baselines from the `implicit` library, a development dependency."""
MODELS = (SHIPPED, *SIMPLE, EASE, *IMPLICIT)

SPLITS = ("random", "drift", "temporal")
LONGEST_LIST = 100
"""The longest list that the server returns, and so the greatest cutoff."""
