ticket undo 1002
