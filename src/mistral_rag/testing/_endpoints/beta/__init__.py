"""Endpoints that the platform calls beta."""
