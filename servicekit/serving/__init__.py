"""What a server process needs: HTTP connections within bounds, and an end in time."""
