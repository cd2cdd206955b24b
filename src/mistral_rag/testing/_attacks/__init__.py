"""Documents that attack whoever answers from them, and a chat model that obeys them."""
