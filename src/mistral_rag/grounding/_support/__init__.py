"""Judgement of statements by the evidence they cite."""
