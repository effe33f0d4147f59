agent set bob@shop.example away-until=2026-11-24
