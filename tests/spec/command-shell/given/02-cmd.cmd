ticket tag 1001 kettle blue
ticket priority 1001 high
ticket promise 1001 tomorrow 18:00 --as ann@shop.example
ticket take 1001 --as ann@shop.example
! ticket take 1001
ticket wait 1001
ticket reopen 1001
ticket cc 1001 add olim@buyer.example
ticket language 1001 ru
ticket name 1001 Dilnoza
ticket undo 1001
ticket summary 1001
ticket history 1001
! ticket priority 1001 later
! ticket merge 1001 4711
ticket reply 1001 /close
