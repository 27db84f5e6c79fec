"""What the README and the Makefile promise."""
