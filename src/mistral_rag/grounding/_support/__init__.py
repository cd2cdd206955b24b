"""Support of statements by the evidence they cite, and fit of evidence to a question."""
