"""Protobuf messages to the domain and back; what is malformed is refused here, under the message's field names."""
