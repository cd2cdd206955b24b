"""Damage: found by `check`, mended by `repair`."""
