"""Mails end to end."""
