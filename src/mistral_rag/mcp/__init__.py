"""Model Context Protocol: the documents of an index as tools and resources for assistants and agents."""

from mistral_rag.mcp._server import mcp_server

__all__ = ["mcp_server"]
