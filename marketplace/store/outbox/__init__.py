"""Events that wait for delivery."""
