"""Accounts: signing up and in, passwords, and the links in mails."""
