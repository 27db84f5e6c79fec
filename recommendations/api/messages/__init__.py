"""Translates protobuf messages to domain objects and back, and refuses malformed fields by name."""
