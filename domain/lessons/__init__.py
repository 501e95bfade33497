"""Lessons of the seven-colour classroom (七彩课堂)."""
