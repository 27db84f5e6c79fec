"""The moderators' tables of books and orders, and the audit log."""
