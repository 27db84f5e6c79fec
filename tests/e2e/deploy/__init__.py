"""The shop of deploy/, in containers."""
