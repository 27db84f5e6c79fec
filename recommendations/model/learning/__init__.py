"""Training: from histories to neighbours."""
