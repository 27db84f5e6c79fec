"""Links, what they lead to, and pictures."""
