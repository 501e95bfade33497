"""Files of rows and columns: CSV, workbooks and JSON lines, each written row by row in constant memory."""
