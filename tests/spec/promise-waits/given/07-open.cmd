ticket reopen 1001
process
