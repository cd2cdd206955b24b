"""Routes of the server, a module a kind."""
