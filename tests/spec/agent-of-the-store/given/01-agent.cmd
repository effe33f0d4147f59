agent add bob@shop.example queues=general role=agent team=Kettles
! agent add bob@shop.example
! agent set bob@shop.example role=king
! agent set eve@shop.example role=agent
agent set bob@shop.example languages=uz,ru quiet-hours=22:00-07:00
