"""Generated shops whose true model is known: what readers do in them, the catalogue, and the best possible lists."""
