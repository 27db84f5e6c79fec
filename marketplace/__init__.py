"""The Flask shop; Recommendations supplies its recommendations."""
