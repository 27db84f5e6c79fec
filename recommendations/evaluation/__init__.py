"""How well models foresee what readers take up next: hold-outs, measures, baselines and the `evaluate` command.

Nothing here is needed to train or to serve, and this file imports nothing, so that naming the choices costs nothing.
"""

SHIPPED = "shipped"
"""The model of this project, as it is trained and served."""
SIMPLE = ("popularity", "random")
"""Baselines that need no library."""
OF_THE_LIBRARY = ("als", "bpr", "bm25", "cosine")
"""Baselines of the `implicit` library, which is a development dependency."""
MODELS = (SHIPPED, *SIMPLE, *OF_THE_LIBRARY)

SPLITS = ("random", "drift", "temporal")
LONGEST_LIST = 100
"""The longest list that the server gives, and so the greatest cutoff."""
