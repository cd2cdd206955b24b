"""The platform's replies as LangChain messages and results."""
