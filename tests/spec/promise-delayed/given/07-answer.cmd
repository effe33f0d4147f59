ticket reply 1001 --as ann@shop.example Please send it back, we will replace it.
process
