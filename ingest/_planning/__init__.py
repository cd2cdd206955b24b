"""Plans of a build: folders compared with the index, and the price of what is to be done."""
