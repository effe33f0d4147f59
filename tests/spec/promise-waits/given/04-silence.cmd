process
