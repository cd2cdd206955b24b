"""Files become pages: the parser of each media type, and the worker processes that they run in."""

from ingest.parsing._registry import Parser, media_type_of, parse, parsers
from ingest.parsing._result import Member, PageProblem, Parsed

__all__ = ["Member", "PageProblem", "Parsed", "Parser", "media_type_of", "parse", "parsers"]
