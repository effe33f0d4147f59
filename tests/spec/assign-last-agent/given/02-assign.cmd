ticket assign 1001 bob@shop.example
