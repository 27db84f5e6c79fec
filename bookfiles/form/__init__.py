"""The form of a file: how it is packed, encoded and separated into rows and fields."""
