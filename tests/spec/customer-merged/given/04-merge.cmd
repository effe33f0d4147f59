customer merge dk@home.example dilnoza@buyer.example
customer set dk@home.example --name Dilnoza --language ru --register formal
! customer merge ann@shop.example dilnoza@buyer.example
! customer set dk@home.example --register rude
