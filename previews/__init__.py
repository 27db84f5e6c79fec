"""Previews of links: what a page says about itself, fetched without risk to the networks that this service is in."""
