"""`index.db`: connection, format, rows, commits, and the locks and files around it."""
