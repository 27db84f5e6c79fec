"""Upgrades of databases that earlier versions have filled."""
