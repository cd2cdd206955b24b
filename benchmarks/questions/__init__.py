"""150 questions about real documents of many kinds: their set, and how an answer is judged."""
