"""What the back offices of all apps are made of: lists, columns, fields, deeds, words. Only ``admin`` rooms use it."""
