"""Places that documents come from: files and folders, lists, URLs, stores that fsspec reads, LangChain Documents.

Each gives `SourceFile`s, so that everything after it is the same; what lies elsewhere is fetched into a folder of the
build's own, unless the index has it as it is.
"""

__all__: list[str] = []
