"""Aims of a question: this index, the talk before, the things it names."""
