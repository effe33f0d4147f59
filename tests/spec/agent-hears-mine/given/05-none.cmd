agent set bob@shop.example notify=none
agent set ann@shop.example notify=none
