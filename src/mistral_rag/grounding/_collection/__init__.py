"""Questions about the collection itself: which documents there are, and which mention something."""
