ticket merge 1002 1001
! ticket merge 1001 1002
! ticket close 1002
