"""Tables of PDF pages as grids of cells: rulings and shading where there are any, white gaps elsewhere."""
