"""The contract: `recommendations.proto` and the stubs that `make stubs` generates from it."""
