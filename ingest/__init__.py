"""Build time: folders of documents become an index."""
