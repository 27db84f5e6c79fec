"""The use cases of links in mails."""
