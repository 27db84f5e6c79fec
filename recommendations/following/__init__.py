"""Keeping the model in step with the store."""
