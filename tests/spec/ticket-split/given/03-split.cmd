ticket split 1001 4
! ticket split 1001 1
! ticket split 1001 2
