"""The shop's pages in a browser."""
