agent set ann@shop.example role=observer
