"""Days and times as they stand in tables: short, the month as a word, which no country reads as another day."""
