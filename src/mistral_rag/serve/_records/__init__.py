"""Records of the server: answers that were given, feedback on them, the audit log."""
