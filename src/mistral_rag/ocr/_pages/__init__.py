"""Pages of the platform's reply as pages of this package."""
