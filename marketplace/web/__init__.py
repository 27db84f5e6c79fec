"""The shop over HTTP: pages, forms, security and limits."""
