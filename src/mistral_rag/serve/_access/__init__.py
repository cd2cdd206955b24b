"""Access: tokens, principals, rates."""
