"""Content of replies that nobody scripted."""
