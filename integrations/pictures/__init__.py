"""Pictures from outside: read by their bytes, and written anew so that they tell nothing but what they show."""
