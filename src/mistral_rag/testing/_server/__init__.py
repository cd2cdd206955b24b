"""FakeMistral over HTTP: routes, faults, a server on loopback, an httpx transport."""
