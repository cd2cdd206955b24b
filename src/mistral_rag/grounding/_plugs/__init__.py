"""GroundedQA in the places of LangChain's own: a retrieval chain, tools, an agent's middleware."""
