"""The index as it is served: a reader, a retriever and a chain for each set of groups; pictures of pages."""
