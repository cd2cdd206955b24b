"""Fields of printed forms: labels, and the values beside or below them."""
