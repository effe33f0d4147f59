process
ticket delay 1001 The part comes on Thursday.
