process
process
