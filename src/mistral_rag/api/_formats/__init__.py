"""What stands in bodies: JSON, events, errors."""
