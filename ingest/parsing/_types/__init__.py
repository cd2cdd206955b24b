"""Media types of files, by content and by name, and the parser of each."""
