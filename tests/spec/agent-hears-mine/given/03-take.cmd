ticket assign 1001 ann@shop.example
