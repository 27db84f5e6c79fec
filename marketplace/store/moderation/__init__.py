"""The moderators' tables and their log."""
