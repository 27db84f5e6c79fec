"""The models that the shipped one is compared with."""
