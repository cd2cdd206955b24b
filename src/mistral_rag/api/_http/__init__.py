"""HTTP by httpx: addresses, connections, requests, and the exchange of one for a response."""
