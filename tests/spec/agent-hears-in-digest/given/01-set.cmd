agent set ann@shop.example notify=digest digest=09:00,14:00
