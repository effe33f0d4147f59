agent set ann@shop.example notify=mine
agent set bob@shop.example notify=unassigned
