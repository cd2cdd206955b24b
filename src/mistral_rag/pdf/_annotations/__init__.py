"""Annotations of a page: what they print, the states of check boxes, and what is left unread."""
