"""The terms and rules of the shop, free of any technology."""
