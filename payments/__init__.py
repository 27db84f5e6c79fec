"""A demo of a payment provider, which decides at random who has paid. IT TAKES NO MONEY."""
