"""The rules of selling, tested against a model of them."""
