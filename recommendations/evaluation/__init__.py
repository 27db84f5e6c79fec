"""How well models predict what readers read next: hold-outs, metrics, baselines and the `evaluate` command.

This file imports nothing, so that the command line can name the choices without loading what evaluation needs.
"""

SHIPPED = "shipped"
"""This project's model, as it is trained and served."""
SIMPLE = ("popularity", "random")
"""Baselines that need no library."""
IMPLICIT = ("als", "bpr", "bm25", "cosine")
"""Baselines from the `implicit` library, a development dependency."""
MODELS = (SHIPPED, *SIMPLE, *IMPLICIT)

SPLITS = ("random", "drift", "temporal")
LONGEST_LIST = 100
"""The longest list that the server gives, so the greatest cutoff."""
