agent remove bob@shop.example
! agent remove bob@shop.example
