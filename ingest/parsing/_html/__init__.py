"""HTML: the tree that browsers build, its text and tables, and what its styles hide."""
