"""The files of an index folder: names, lock, seal, and the file system they lie on."""
