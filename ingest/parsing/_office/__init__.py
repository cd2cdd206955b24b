"""Office documents: packages of XML parts (Office Open XML, OpenDocument), RTF, and the binary formats before them."""
