"""LangChain messages to wire JSON and back: pure functions, no I/O."""
