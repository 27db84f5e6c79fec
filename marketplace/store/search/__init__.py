"""Search of the catalogue, with the same results on both databases."""
