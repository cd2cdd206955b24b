"""A model's reply on its way to an answer: markers read, statements numbered, pieces folded."""
