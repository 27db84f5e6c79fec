"""The lists of books on pages: recommended ones, best-sellers, and what is kept of them."""
