"""HTTP of the fake platform: routes, faults, a server on loopback, an httpx transport."""
