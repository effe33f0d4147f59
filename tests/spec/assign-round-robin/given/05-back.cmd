agent set ann@shop.example away-until=
