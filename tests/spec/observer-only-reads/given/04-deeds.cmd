! ticket close 1001 --as ann@shop.example
! ticket take 1001 --as ann@shop.example
