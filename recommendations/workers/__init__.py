"""Worker processes that share one port."""
