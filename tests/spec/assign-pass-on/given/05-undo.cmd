ticket undo 1001
