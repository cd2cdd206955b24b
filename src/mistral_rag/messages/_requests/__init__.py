"""LangChain messages, tools and parameters as the platform's request."""
