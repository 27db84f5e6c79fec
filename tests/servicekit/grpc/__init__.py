"""Tests of servicekit/grpc, through Recommendations, which has methods of every kind."""
