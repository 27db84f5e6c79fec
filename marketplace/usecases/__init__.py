"""What readers, moderators and the operator do in the shop, a module for each."""
