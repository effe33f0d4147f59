ticket note 1001 the supplier admits that every kettle of this batch will leak
! ticket reply 1001 Sorry, the supplier admits that every kettle of this batch will leak.
! ticket reply 1001 --as eve@shop.example Yes.
ticket reply 1001 --as ann@shop.example A new kettle is on its way.
