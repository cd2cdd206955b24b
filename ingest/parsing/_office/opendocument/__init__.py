"""OpenDocument files (ISO/IEC 26300): texts, spreadsheets, presentations."""
