agent set ann@shop.example away-until=2026-11-25
