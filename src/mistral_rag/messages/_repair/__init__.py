"""Histories made valid before they are sent."""
