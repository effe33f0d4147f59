agent set bob@shop.example calendar=early
