key rotate
