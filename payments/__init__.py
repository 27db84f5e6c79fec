"""A demo of a payment provider, which decides payments at random. IT TAKES NO MONEY."""
