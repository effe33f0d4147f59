agent set ann@shop.example language=ru
customer set dilnoza@buyer.example --name Дилноза --language uz-Cyrl-UZ --register formal
