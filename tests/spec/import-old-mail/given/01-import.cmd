import --mailbox support --dry-run @@GIVEN@@/archive
! ticket show 1001
import --mailbox support @@GIVEN@@/archive @@GIVEN@@/old.mbox
import --mailbox support @@GIVEN@@/archive @@GIVEN@@/old.mbox
! import --mailbox attic @@GIVEN@@/archive
! import --mailbox support @@GIVEN@@/nothing
