"""A demo of a payment provider: it decides by itself who has paid. IT TAKES NO MONEY."""
