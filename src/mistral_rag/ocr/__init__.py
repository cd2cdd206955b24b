"""Reading what has no text layer: pages of scans, photos and office files, with boxes and confidence."""
