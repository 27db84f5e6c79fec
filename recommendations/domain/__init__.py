"""The terms of recommending, free of any technology."""
