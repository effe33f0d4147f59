import --history @@GIVEN@@/01-history.csv
! import --history @@GIVEN@@/none.csv
