"""A question in its conversation: what is given, follow-ups made whole, and earlier citations."""
