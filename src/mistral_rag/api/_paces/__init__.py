"""Pacing of calls by the limits that a host tells."""
