"""Files become pages: the parser of each media type, and the worker processes that they run in."""

from ingest.parsing._result import Member, PageProblem, Parsed
from ingest.parsing._types.registry import Parser, media_type_of, parse, parsers

__all__ = ["Member", "PageProblem", "Parsed", "Parser", "media_type_of", "parse", "parsers"]
