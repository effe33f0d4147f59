agent set ann@shop.example quiet-hours=22:00-07:00
