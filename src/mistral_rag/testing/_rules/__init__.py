"""Request bodies that the platform accepts, and its refusals of the others."""
