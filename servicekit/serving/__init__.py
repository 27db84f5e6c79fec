"""What a server process needs: an HTTP server with limits, health checks, and an end in time."""
