"""Files become pages: which parser reads what, and the child processes they run in."""

from ingest.parsing._registry import Parser, media_type_of, parse, parsers
from ingest.parsing._result import Parsed, Problem

__all__ = ["Parsed", "Parser", "Problem", "media_type_of", "parse", "parsers"]
