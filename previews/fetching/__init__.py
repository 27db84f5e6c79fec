"""Fetches strangers' URLs; the only package that connects to them."""
