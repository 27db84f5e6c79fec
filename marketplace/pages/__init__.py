"""The pages, a blueprint a file; each is made by a function that takes what it needs."""
