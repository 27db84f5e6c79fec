"""The pages, a blueprint a file."""
