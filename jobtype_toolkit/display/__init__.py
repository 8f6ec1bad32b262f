"""How answers are shown: columns, titles, cells, for terminals and HTML."""
