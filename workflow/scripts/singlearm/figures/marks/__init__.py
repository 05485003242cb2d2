"""What to draw, as frozen records: rows, texts, positions in data units. No drawing library."""
