"""What `new-set` copies: a whole small problem set. Its notebook and its table are to be written over."""
