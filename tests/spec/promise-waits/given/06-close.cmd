ticket close 1001
