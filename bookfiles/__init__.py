"""Reads the files that booksellers have, whatever their form, columns and spellings, into books and interactions."""
