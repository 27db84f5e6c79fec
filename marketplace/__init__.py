"""The Flask shop that shows books, and asks Recommendations which ones."""
