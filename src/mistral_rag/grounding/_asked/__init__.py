"""What a question asks for: of this index or of the talk before, about which things."""
