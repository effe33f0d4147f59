ticket note 1001 the supplier admits that every kettle of this batch will leak
