"""HTTP around the routes: responses, errors, events, limits, headers."""
