ticket move 1001 billing
! ticket move 1001 attic
ticket assign 1001 bob@shop.example
! ticket assign 1001 nobody@shop.example
ticket undo 1001
