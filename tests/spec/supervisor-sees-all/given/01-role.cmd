agent set bob@shop.example role=supervisor
