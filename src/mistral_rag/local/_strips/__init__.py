"""The child process of `mistral_rag.witness`: strips of pages, drawn and read anew."""
