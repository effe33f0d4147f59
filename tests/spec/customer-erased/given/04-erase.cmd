customer erase dilnoza@buyer.example
! customer erase dilnoza@buyer.example
! customer show dilnoza@buyer.example
! customer erase ann@shop.example
