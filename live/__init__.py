"""Live: tells open pages, over WebSocket or server-sent events, that something has changed."""
