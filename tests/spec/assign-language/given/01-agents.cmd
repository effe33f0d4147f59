agent set bob@shop.example languages=uz-Latn,ru
agent set ann@shop.example languages=en
