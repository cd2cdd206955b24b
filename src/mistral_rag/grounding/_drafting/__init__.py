"""From a model's reply to an answer: markers, statements, claims, and pieces of a stream."""
